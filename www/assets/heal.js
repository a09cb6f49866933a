// A browser that lost its cookie, but has its key and its token, needs no code: it proves.

import * as api from './api.js';
import { forgetIfDamaged, keepsNothing, prove } from './client.js';

/**
 * The path to go on to without a question, or `null`: then this browser is to be enrolled. One whose cookie still holds is: somebody
 * came here to enroll it anew.
 * @param {Promise<import('./client.js').Client | null>} client
 * @param {string | null} to
 */
export async function heal(client, to) {
  // Asking the edge first would be a request in vain for nearly everybody who comes here.
  if (await keepsNothing()) return null;
  const [device, loaded] = await Promise.all([api.device(), client]);
  const isLost = !device.ok && ['not_enrolled', 'proof_due', 'key_required'].includes(device.problem.code);
  if (!isLost || !loaded) return null;
  try {
    return await prove(loaded, false, to);
  } catch (thrown) {
    await forgetIfDamaged(loaded, thrown);
    return null;
  }
}
