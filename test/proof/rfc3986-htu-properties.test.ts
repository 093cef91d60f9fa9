import { matchesHtu, normalizeHtu } from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const UNRESERVED = [...'ABCXYZabcxyz0189-._~'];
const OTHERS = [..."!$&'()*+,;=:@", '%2F', '%3F', '%23', '%25', '%20', '%00', '%C3%A9', '%5C'];

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly segments: readonly string[];
}

const character = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...UNRESERVED) },
  { weight: 1, arbitrary: fc.constantFrom(...OTHERS) },
);
const segment = fc.oneof(
  fc.array(character, { maxLength: 5 }).map((list) => list.join('')),
  fc.constantFrom('', '.', '..'),
);
const parts: fc.Arbitrary<Parts> = fc.record({
  scheme: fc.constantFrom('https', 'http'),
  host: fc.constantFrom('h', 'h.example', '127.0.0.1', '[::1]', '[2001:db8::a]', 'xn--bcher-kva.example', 'a_b~c'),
  port: fc.constantFrom('', ':8443', ':1'),
  segments: fc.array(segment, { minLength: 1, maxLength: 6 }),
});

const write = ({ scheme, host, port, segments }: Parts): string => `${scheme}://${host}${port}/${segments.join('/')}`;

/** Numbers below one, drawn by fast-check, that decide how a URI is spelt. */
const dice = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));

/** Another spelling of the same URI, by the rules of RFC 3986 §6.2.2 and §6.2.3 backwards. */
function respell({ scheme, host, port, segments }: Parts, rolls: Stream): string {
  const maybe = (odds: number): boolean => (rolls.next().value as number) < odds;
  const anyCase = (text: string): string => [...text].map((c) => (maybe(0.3) ? c.toUpperCase() : c)).join('');
  const escaped = (c: string): string => {
    const hex = c.charCodeAt(0).toString(16);
    return `%${maybe(0.5) ? hex : hex.toUpperCase()}`;
  };
  const spelt = (text: string): string =>
    text.replace(/%[0-9A-F]{2}|[A-Za-z0-9\-._~]/g, (c) => {
      if (c.startsWith('%')) return maybe(0.5) ? c.toLowerCase() : c;
      return maybe(0.3) ? escaped(c) : c;
    });
  const detour = (): string => (maybe(0.2) ? '/.' : '') + (maybe(0.2) ? '/d%65tour/%2e.' : '');
  const path = segments.map((text) => `${detour()}/${spelt(text)}`).join('');
  const address = host.startsWith('[') ? anyCase(host) : anyCase(spelt(host)).replace(/%[0-9a-fA-F]{2}/g, anyCase);
  const standard = scheme === 'https' ? ':443' : ':80';
  const written = port === '' && maybe(0.5) ? (maybe(0.5) ? standard : ':') : port;
  const rest = (maybe(0.3) ? '?q=/../' : '') + (maybe(0.3) ? '#f/..' : '');
  return `${anyCase(scheme)}://${address}${written}${path}${rest}`;
}

type Stream = Iterator<number>;

describe('the normal form', () => {
  it('DPOP-4.3-14 is its own normal form', () => {
    fc.assert(
      fc.property(parts, (uri) => {
        const normal = normalizeHtu(write(uri));
        expect(normal).toBeDefined();
        expect(normalizeHtu(normal ?? '')).toBe(normal);
      }),
      { numRuns: 1000 },
    );
  });

  it('DPOP-4.3-14 is one for every spelling of a URI', () => {
    fc.assert(
      fc.property(parts, dice, (uri, rolls) => {
        const other = respell(uri, rolls);
        expect([other, normalizeHtu(other)]).toEqual([other, normalizeHtu(write(uri))]);
      }),
      { numRuns: 2000 },
    );
  });

  it('DPOP-4.3-14 has the path that the algorithm of RFC 3986 §5.2.4 makes', () => {
    const dotty = fc.array(fc.constantFrom('', '.', '..', '...', 'a', '.b', '%2F'), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(dotty, (segments) => {
        const path = `/${segments.join('/')}`;
        expect([path, normalizeHtu(`https://h${path}`)]).toEqual([path, `https://h${removeDotSegments(path)}`]);
      }),
      { numRuns: 2000 },
    );
  });

  it('DPOP-4.3-09 keeps apart what differs in an octet that means something', () => {
    const plain = parts.map((uri) => ({ ...uri, segments: uri.segments.filter((text) => !/^\.*$/.test(text)) }));
    const at = fc.nat();
    fc.assert(
      fc.property(plain, at, fc.constantFrom('X', '/', '%2F', '+', '%00', '.'), (uri, position, added) => {
        const good = normalizeHtu(write(uri)) ?? '';
        const path = good.indexOf('/', 'https://'.length) + 1;
        const cut = path + (position % (good.length - path + 1));
        // Not inside an escape, which would break it or make another one
        fc.pre(!/%.?$/.test(good.slice(0, cut)));
        const changed = `${good.slice(0, cut)}${added}${good.slice(cut)}`;
        fc.pre(!/\/\.\.?(\/|$)/.test(changed));
        expect(matchesHtu(changed, good)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('DPOP-4.3-09 any text is normalised or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })), (text) => {
        const normal = normalizeHtu(text);
        if (normal !== undefined) expect(normal).toMatch(/^https?:\/\/[^/?#@\\\s]+\/[^?#\\\s]*$/);
        expect(matchesHtu(text, text)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('DPOP-4.3-09 agrees with new URL() about the server of any URI that both take', () => {
    fc.assert(
      fc.property(parts, dice, (uri, rolls) => {
        const spelt = respell(uri, rolls);
        expect(new URL(normalizeHtu(spelt) ?? '').origin).toBe(new URL(spelt).origin);
      }),
      { numRuns: 1000 },
    );
  });
});

/** RFC 3986 §5.2.4, step by step as it is written there. */
function removeDotSegments(path: string): string {
  let input = path;
  let output = '';
  while (input !== '') {
    if (/^\.\.?\//.test(input)) input = input.replace(/^\.\.?\//, '');
    else if (/^\/\.(\/|$)/.test(input)) input = `/${input.slice(3)}`;
    else if (/^\/\.\.(\/|$)/.test(input)) {
      input = `/${input.slice(4)}`;
      output = output.slice(0, Math.max(0, output.lastIndexOf('/')));
    } else if (input === '.' || input === '..') input = '';
    else {
      const end = input.indexOf('/', 1);
      output += end === -1 ? input : input.slice(0, end);
      input = end === -1 ? '' : input.slice(end);
    }
  }
  return output;
}
