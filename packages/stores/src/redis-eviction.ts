import { HoldfastError } from '@holdfast/proof';
import type { Command } from './redis-connection.ts';

/**
 * Refuses while the server may forget live entries to make room for others: every `maxmemory-policy` but `noeviction`
 * does, once there is a `maxmemory`. Refuses as well when the server does not tell.
 */
export async function checkEviction(command: Command): Promise<void> {
  const facts = await memoryFacts(command);
  const [limit, policy] = [facts.get('maxmemory'), facts.get('maxmemory_policy')];
  if (limit === undefined || policy === undefined) throw refusal('INFO memory does not tell the maxmemory-policy');
  if (limit !== '0' && policy !== 'noeviction') throw refusal('its maxmemory-policy is not noeviction');
}

async function memoryFacts(command: Command): Promise<ReadonlyMap<string, string>> {
  const reply = await command(['INFO', 'memory']).catch((cause: HoldfastError) => {
    // A server that answers, and says no: an ACL without INFO
    if (cause.cause instanceof Error && /^(NOPERM|ERR) /.test(cause.cause.message)) return '';
    throw cause;
  });
  const lines = String(reply).matchAll(/^([a-z_]+):(.*?)\r?$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}

function refusal(detail: string): HoldfastError {
  return new HoldfastError('store_unavailable', { detail });
}
