import { isIPv6 } from 'node:net';

/**
 * What one subscriber is given of the address space: an IPv4 address, or the 64 bits of an IPv6 network, within which anybody
 * has more addresses than can be counted. Anything else is its own block.
 */
export function addressBlock(address: string): string {
  const [bare = ''] = address.split('%'); // RFC 4007 §11: without the zone
  if (!isIPv6(bare)) return address;
  const groups = groupsOf(bare);
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff; // RFC 4291 §2.5.5.2
  if (isMapped) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address, whatever its spelling. */
function groupsOf(address: string): number[] {
  const spelled = new URL(`http://[${address}]`).hostname.slice(1, -1); // RFC 5952: in hexadecimal alone
  const [head = '', tail] = spelled.split('::');
  const read = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [read(head), read(tail ?? '')];
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}
