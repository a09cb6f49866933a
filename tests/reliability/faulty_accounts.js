// Stands where a location has its account objects, and does to each call what the test says: the network between the two, as
// bad as it can be. Who says it is asked over HTTP at CONTROL, with the call's own bytes.
import { DurableObject } from "cloudflare:workers";

export class FaultyAccounts extends DurableObject {
  /** @param {Request} request */
  async fetch(request) {
    const { method, url, headers } = request;
    const body = await request.arrayBuffer();
    const asked = await fetch(this.env.CONTROL, { method: "POST", body });
    const word = await asked.text();
    if (word === "fail before") throw new Error("the call was lost");
    if (word === "hang before") await this.never();
    const { ACCOUNT } = this.env;
    const answer = await ACCOUNT.get(ACCOUNT.idFromName(this.ctx.id.name)).fetch(url, { method, headers, body });
    // Whole, so that what is lost is the answer and not the work.
    const text = await answer.arrayBuffer();
    if (word === "fail after") throw new Error("the answer was lost");
    if (word === "hang after") await this.never();
    return new Response(text, { status: answer.status, headers: answer.headers });
  }

  /** A promise that nothing could ever keep would be noticed, and be an error of its own. */
  async never() {
    await fetch(`${this.env.CONTROL}never`);
    throw new Error("never ended");
  }
}

export default { fetch: () => new Response("nobody is here", { status: 404 }) };
