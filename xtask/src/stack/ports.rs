//! Ports on which something will listen.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

use crate::failure::{Explain as _, Failure, Outcome};

/// Where free ports are looked for: below those that the system hands out by itself, so that no connection takes one of them
/// before it is listened at.
const FREE_PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Takes free ports for zeros; refuses ports that are in use.
pub(super) fn ports(asked: &[u16]) -> Outcome<Vec<u16>> {
    let mut chosen = asked.to_vec();
    // All are held until the last is chosen, so that none is handed out twice.
    let mut held = vec![];
    for port in &mut chosen {
        let bound = if *port == 0 { free_port() } else { TcpListener::bind((Ipv4Addr::LOCALHOST, *port)) };
        let listener = bound.map_err(|error| {
            Failure::new(format!(
                "port {port} cannot be used ({error}): stop what listens there or choose another with --port"
            ))
        })?;
        *port = listener.local_addr().explain("local address")?.port();
        held.push(listener);
    }
    Ok(chosen)
}

/// Free ports for what is started beside a stack.
///
/// # Errors
/// When none is left.
pub fn free_ports<const COUNT: usize>() -> Outcome<[u16; COUNT]> {
    let mut free = [0; COUNT];
    let chosen = ports(&free)?;
    free.copy_from_slice(&chosen);
    Ok(free)
}

/// By chance, so that processes that start stacks at the same time do not meet; and in one process no port twice, as what is to
/// listen there comes only when the port is let go.
fn free_port() -> std::io::Result<TcpListener> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut offset = [0; 2];
    getrandom::fill(&mut offset).map_err(std::io::Error::other)?;
    let all = FREE_PORTS.cycle().skip(u16::from_ne_bytes(offset).into()).take(FREE_PORTS.len());
    for port in all.filter(|port| !given.contains(port)) {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            given.insert(port);
            return Ok(listener);
        }
    }
    Err(std::io::Error::other("no port is free"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_chosen_together_differ() {
        let chosen = ports(&[0; 20]).unwrap();
        let different: BTreeSet<_> = chosen.iter().collect();
        assert_eq!(different.len(), 20, "{chosen:?}");
    }

    #[test]
    fn a_port_is_given_once_though_nothing_listens_there_yet() {
        let all = FREE_PORTS.len();
        let mut given = BTreeSet::new();
        // Half of all, so that chance alone would give some of them twice.
        for _ in 0..all / 2 {
            let [port] = free_ports().unwrap();
            assert!(given.insert(port), "{port}");
        }
    }

    #[test]
    fn a_port_in_use_is_named_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let words = ports(&[port]).unwrap_err().to_string();
        assert!(words.contains(&port.to_string()) && words.contains("--port"), "{words}");
    }
}
