import { constants, sign } from 'node:crypto';
import type { HttpMessage } from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeKey } from './forge.ts';
import { Scene } from './scene.ts';
import { DER, memberOf, PSS, type Signing, signed, wantedOf, withFields } from './sign-by-hand.ts';

/*
 * RFC 9421 as a resource server meets it: components, parameters, the two fields, algorithms. Requests are good but for what
 * a test says.
 */

const scene = new Scene();
const signer = { privateKey: scene.client.privateKey, keyid: scene.client.jkt };
const NEEDS = { signature: 'required' } as const;

async function verdict(
  signing: Partial<Signing> & { fields?: readonly string[]; target?: string } = {},
): Promise<string> {
  const { fields = [], target = '/orders', ...rest } = signing;
  const message = await scene.message({ target, fields });
  return await judge(signed(message, signer, { created: scene.now, ...rest }));
}

async function judge(message: HttpMessage): Promise<string> {
  const [outcome] = await Promise.allSettled([scene.verifier.verify(message, NEEDS)]);
  return outcome.status === 'fulfilled' ? 'accepted' : outcome.reason.code;
}

/** A request whose two fields say what `write` makes of good members. */
async function fields(write: (made: { input: string; signature: string }) => Record<string, string>): Promise<string> {
  const message = await scene.message();
  return await judge(withFields(message, write(memberOf(message, signer, { created: scene.now }))));
}

const named = (alg: string) => `;created=${scene.now};alg="${alg}";tag="fapi-2-request"`;

describe('components', () => {
  it.each([['"@method"'], ['"x-note" "x-note"'], ['"x-note";bs;key="a" "x-note";key="a";bs']])(
    'SIG-2-01 each once, whatever the order of its parameters: %s',
    async (more) => {
      expect(await verdict({ fields: ['X-Note', 'a=1'], more: [more] })).toBe('signature_malformed');
    },
  );

  it.each(['a\nb', 'a\r\n"@method": DELETE', 'a\u0000b', 'caf\u00e9'])(
    'SIG-2-02 a value is one line of ASCII: %j is refused',
    async (note) => {
      const values = { '"x-note"': note };
      expect(await verdict({ fields: ['X-Note', note], more: ['"x-note"'], values })).toBe('signature_coverage');
    },
  );

  it.each([
    [['X-List', ' one ', 'x-list', '\ttwo'], 'one, two'],
    [['X-List', ''], ''],
    [['X-List', 'folded\r\n  line'], 'folded line'],
  ])('SIG-2.1-01 field lines %j are %j', async (lines, value) => {
    expect(await verdict({ fields: lines, more: ['"x-list"'], values: { '"x-list"': value } })).toBe('accepted');
  });

  it.each(['"X-Note"', '"x note"', '""', 'x-note', ':eA==:', '"x\\"note"'])(
    'SIG-2.1-01 a name is a string in lower case: %s is refused',
    async (name) => {
      expect(await verdict({ fields: ['X-Note', 'a'], more: [name] })).toBe('signature_malformed');
    },
  );

  it('SIG-2.1.2-01 one member of a dictionary, when it is there', async () => {
    const dictionary = { fields: ['X-Dict', 'a=1, b;x=2, c=(1 2)'] };
    const covers = (name: string, value: string) =>
      verdict({ ...dictionary, more: [`"x-dict";key="${name}"`], values: { [`"x-dict";key="${name}"`]: value } });
    expect(await covers('a', '1')).toBe('accepted');
    expect(await covers('b', '?1;x=2')).toBe('accepted');
    expect(await covers('c', '(1 2)')).toBe('accepted');
    expect(await covers('d', '')).toBe('signature_coverage');
  });

  it('SIG-2.2-01 what begins with @ is no field, even when there is one of that name', async () => {
    expect(await verdict({ fields: ['@method', 'DELETE'] })).toBe('accepted');
    const more = ['"@nonsense"'];
    expect(await verdict({ fields: ['@nonsense', 'a'], more })).toBe('signature_coverage');
  });

  it.each([
    ['SIG-2.2.3-01', '"@authority"', 'venue.example', 'Venue.example'],
    ['SIG-2.2.4-01', '"@scheme"', 'https', 'HTTPS'],
    ['SIG-2.2-01', '"@path"', '/orders', '/orders?a=1&b=x+y'],
    ['SIG-2.2-01', '"@query"', '?a=1&b=x+y', 'a=1&b=x+y'],
    ['SIG-2.2-01', '"@request-target"', '/orders?a=1&b=x+y', '/orders'],
    ['SIG-2.2.8-01', '"@query-param";name="b"', 'x%20y', 'x+y'],
  ])('%s %s is %s', async (_, name, value, other) => {
    const request = { target: '/orders?a=1&b=x+y', more: [name] };
    expect(await verdict({ ...request, values: { [name]: value } })).toBe('accepted');
    expect(await verdict({ ...request, values: { [name]: other } })).toBe('signature_invalid');
  });

  it('SIG-2.2.8-01 a parameter of the query that is repeated, absent or not named cannot be covered', async () => {
    for (const more of ['"@query-param";name="a"', '"@query-param";name="c"', '"@query-param"']) {
      expect(await verdict({ target: '/orders?a=1&a=2&b=3', more: [more] })).toBe('signature_coverage');
    }
  });

  it.each(['"@status"', '"x-absent"', '"x-note";tr', '"x-note";req', '"@method";bs', '"x-note";sf', '"x-note";key=a'])(
    'SIG-2.5-01 %s has no value, so that there is no base',
    async (name) => {
      expect(await verdict({ fields: ['X-Note', 'a'], more: [name], values: { [name]: 'a' } })).toBe(
        'signature_coverage',
      );
    },
  );

  it('SIG-2.1-01 are bounded in number, those that take long to resolve more so', async () => {
    const more = (length: number, parameters: string) => Array.from({ length }, (_, at) => `"x-${at}"${parameters}`);
    expect(await verdict({ more: more(29, '') })).toBe('signature_malformed');
    expect(await verdict({ more: more(9, ';bs') })).toBe('signature_malformed');
    expect(await verdict({ more: more(8, ';bs') })).toBe('signature_coverage');
    const target = `/orders?a=1&b=${'x'.repeat(2048)}`;
    expect(await verdict({ target, more: ['"@query-param";name="a"'] })).toBe('signature_coverage');
  });
});

describe('the list of components and its parameters', () => {
  it('SIG-2.3-01 is the last line, and never a component', async () => {
    expect(await verdict({ more: ['"@signature-params"'] })).toBe('signature_malformed');
  });

  it('SIG-2.3-01 its time is that of this request, whatever requests of the same form came before', async () => {
    for (const offset of [0, -61, 11, -60, 0]) {
      const expected = offset < -60 || offset > 10 ? 'signature_time' : 'accepted';
      expect([offset, await verdict({ created: scene.now + offset })]).toEqual([offset, expected]);
    }
  });

  it.each([
    ['a string', ';x=";created=1763640000;created=1";tag="fapi-2-request"', undefined],
    ['a string after the time', ';tag="fapi-2-request";x=";created=1763640000"', undefined],
    ['a component', ';tag="fapi-2-request"', '"x-note";key="a";created=1763640000;bs'],
  ])('SIG-2.3-01 a time that stands in %s is none', async (_, rest, more) => {
    const parameters = `;created=${scene.now}${rest}`;
    const expected = more === undefined ? 'accepted' : 'signature_coverage';
    const signing = { parameters, fields: ['X-Note', 'a=1'], more: more === undefined ? [] : [more] };
    for (const _ of [1, 2]) expect(await verdict(signing)).toBe(expected);
    const message = signed(await scene.message(), signer, { created: scene.now, parameters });
    const moved = message.headers.map((value) => value.replace('1763640000', '1763640001'));
    if (more === undefined) expect(await judge({ ...message, headers: moved })).toBe('signature_invalid');
    // And where the only one is in there, the signature has none
    const timeless = parameters.replace(`;created=${scene.now}`, '');
    expect(await verdict({ ...signing, parameters: timeless })).toBe('signature_params');
  });

  it('SIG-2.3-01 a time that stands in a string is not taken for the one that is nought', async () => {
    const parameters = `;created=0;x=";created=${scene.now};";tag="fapi-2-request"`;
    expect(await verdict({ parameters })).toBe('signature_time');
  });

  it('SIG-2.3-01 in whatever order they come, they are taken in that order', async () => {
    const parts = [`;created=${scene.now}`, ';tag="fapi-2-request"', `;keyid="${signer.keyid}"`, ';nonce="n"', ';x=?0'];
    const message = await scene.message();
    const orders = fc.tuple(
      fc.shuffledSubarray(parts, { minLength: 5 }),
      fc.shuffledSubarray(wantedOf(message), { minLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(orders, async ([parameters, covered]) => {
        expect(await verdict({ parameters: parameters.join(''), covered })).toBe('accepted');
      }),
      { numRuns: 20 },
    );
  });
});

describe('the two fields', () => {
  it.each(['Signature-Input', 'Signature'] as const)('SIG-3.2-01 without %s there is no signature', async (absent) => {
    expect(
      await fields(({ input, signature }) => {
        const { [absent]: _, ...other } = { 'Signature-Input': input, Signature: signature };
        return other;
      }),
    ).toBe('signature_malformed');
  });

  it('SIG-3.2-01, SIG-4-01 have the same labels', async () => {
    const relabelled = ({ input, signature }: Record<'input' | 'signature', string>) => ({
      'Signature-Input': input,
      Signature: signature.replace('sig=', 'gis='),
    });
    expect(await fields(relabelled)).toBe('signature_malformed');
    expect(
      await fields(({ input, signature }) => ({ 'Signature-Input': input, Signature: `${signature}, more=:AA==:` })),
    ).toBe('signature_malformed');
  });

  it('SIG-4-01 have each label once', async () => {
    expect(
      await fields(({ input, signature }) => ({
        'Signature-Input': `sig=("@method"), ${input}`,
        Signature: signature,
      })),
    ).toBe('signature_malformed');
    expect(
      await fields(({ input, signature }) => ({ 'Signature-Input': input, Signature: `sig=:AA==:, ${signature}` })),
    ).toBe('signature_malformed');
  });

  it('SIG-4-01 may come in several lines, and with white space where dictionaries have it', async () => {
    const message = await scene.message();
    const { input, signature } = memberOf(message, signer, { created: scene.now });
    const other = memberOf(message, signer, { created: scene.now, label: 'b', parameters: ';tag="b"' });
    const headers = ['Signature-Input', other.input, 'SIGNATURE-INPUT', ` ${input}\t`];
    const pair = ['signature', `${other.signature} ,\t${signature}`];
    expect(await judge({ ...message, headers: [...message.headers, ...headers, ...pair] })).toBe('accepted');
  });

  it.each([
    [10, 'accepted'],
    [40, 'signature_malformed'],
  ])('SIG-4-01 with %i signatures of others: %s', async (count, expected) => {
    const message = await scene.message();
    const own = memberOf(message, signer, { created: scene.now });
    const others = Array.from({ length: count }, (_, at) => `proxy${at}`);
    const input = [...others.map((label) => `${label}=("@method");keyid="CN=a,O=b"`), own.input].join(', ');
    const signature = [...others.map((label) => `${label}=:AAAA:`), own.signature].join(', ');
    expect(await judge(withFields(message, { 'Signature-Input': input, Signature: signature }))).toBe(expected);
  });

  it.each([
    ['a trailing comma', (text: string) => `${text},`],
    ['a parameter twice', (text: string) => text.replace(';created', ';created=1;created')],
    ['a number with leading zeros', (text: string) => text.replace('created=', 'created=0')],
    ['a boolean spelt out', (text: string) => text.replace('"dpop"', '"dpop";bs=?1')],
    ['a space too few', (text: string) => text.replace('" "', '""')],
    ['a label in capitals', (text: string) => text.replace('sig=', 'SIG=')],
    ['an item for a list', () => 'sig="@method";tag="fapi-2-request"'],
    ['no value', () => 'sig'],
    ['a number out of range', (text: string) => `${text};n=1234567890123456`],
    ['nothing', () => ''],
    ['too much', (text: string) => `${text};x="${'x'.repeat(2048)}"`],
  ])('SIG-7.5.2-01 %s is not read leniently', async (_, spoil) => {
    const code = await fields(({ input, signature }) => ({ 'Signature-Input': spoil(input), Signature: signature }));
    expect(code).toMatch(/^signature_(?:malformed|params)$/);
    expect(code).not.toBe('signature_invalid');
  });

  it.each([
    ['without padding', (text: string) => text.replace('==:', ':')],
    ['with other trailing bits', (text: string) => text.replace(/.==:$/, '9==:')],
    ['of base64url', (text: string) => text.replace(/=:(.)/, '=:-')],
    ['with parameters', (text: string) => `${text};a`],
    ['that is a string', () => 'sig="AA"'],
  ])('SIG-7.5.2-01 a signature %s is not read leniently', async (_, spoil) => {
    expect(await fields(({ input, signature }) => ({ 'Signature-Input': input, Signature: spoil(signature) }))).toBe(
      'signature_malformed',
    );
  });

  it('SIG-7.5.2-01 whatever they say, the answer is a refusal that blames them', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'sig=()"@;:,?1 created-*%\t') }),
      fc.stringMatching(/^[a-z]+=\(("[a-z@-]+"( "[a-z@-]+")*)?\)(;[a-z]+=("[ -~]*"|[0-9.-]+|\?[01]))*$/),
    );
    const message = await scene.message();
    await fc.assert(
      fc.asyncProperty(text, text, async (input, signature) => {
        const code = await judge(withFields(message, { 'Signature-Input': input, Signature: signature }));
        expect(code).toMatch(/^signature_(?:malformed|params)$/);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the algorithm', () => {
  it.each(['ecdsa-p256-sha256'])('SIG-3.2-04 %s may be named, by a key that it is of', async (alg) => {
    expect(await verdict({ parameters: named(alg) })).toBe('accepted');
  });

  it.each(['hmac-sha256', 'rsa-v1_5-sha256', 'rsa-pss-sha512', 'ed25519', 'ecdsa-p384-sha384', '', 'constructor'])(
    'SIG-3.2-04 %s is refused, by a key that it is not of',
    async (alg) => {
      expect(await verdict({ parameters: named(alg) })).toBe('signature_params');
    },
  );

  it.each(['ES256', 'none', 'HS256'])(
    'SIG-3.3.7-01 %s is no name there: those of JWS come from the key',
    async (alg) => {
      expect(await verdict({ parameters: named(alg) })).toBe('signature_params');
    },
  );

  it('SIG-3.3.1-01 ECDSA is raw r and s', async () => {
    const message = await scene.message();
    const der = signed(
      message,
      { ...signer, sign: DER },
      { created: scene.now, parameters: named('ecdsa-p256-sha256') },
    );
    expect(await judge(der)).toBe('signature_invalid');
  });

  it('SIG-3.3.1-01 rsa-pss-sha512 is not of the key of a proof, whose algorithm is PS256', async () => {
    const rsa = new Scene({}, { client: makeKey('PS256') });
    const by = { privateKey: rsa.client.privateKey, keyid: rsa.client.jkt };
    const code = async (make: ReturnType<typeof PSS>, parameters: string) =>
      await rsa.verifier
        .verify(signed(await rsa.message(), { ...by, sign: make }, { created: rsa.now, parameters }), NEEDS)
        .then(
          () => 'accepted',
          (refusal) => refusal.code,
        );
    const unnamed = `;created=${rsa.now};tag="fapi-2-request"`;
    expect(await code(PSS('sha512', 64), named('rsa-pss-sha512'))).toBe('signature_params');
    expect(await code(PSS('sha512', 64), unnamed)).toBe('signature_invalid');
    expect(await code(PSS('sha256', 20), unnamed)).toBe('signature_invalid');
    expect(
      await code((base, key) => sign('sha256', base, { key, padding: constants.RSA_PKCS1_PADDING }), unnamed),
    ).toBe('signature_invalid');
    expect(await code(PSS('sha256', 32), unnamed)).toBe('accepted');
  });
});

describe('Accept-Signature', () => {
  it('SIG-5-01 of a client is ignored, which is allowed', async () => {
    expect(await verdict({ fields: ['Accept-Signature', 'sig=("@status" "content-digest");created'] })).toBe(
      'accepted',
    );
    expect(await verdict({ fields: ['Accept-Signature', 'x('] })).toBe('accepted');
  });

  it.each([
    ['required', 'sig=("@method" "@target-uri" "authorization" "dpop");created;keyid;tag="fapi-2-request"'],
    [
      'evidence',
      'sig=("@method" "@target-uri" "authorization" "dpop");created;keyid;tag="fapi-2-request", ' +
        'evidence=("@method" "@target-uri" "dpop");created;keyid;tag="holdfast-evidence";ath',
    ],
  ] as const)('SIG-5-01 of ours says what is wanted where it is %s', async (signature, wanted) => {
    const { headers } = await scene.refusal({}, { signature });
    expect(headers['Accept-Signature']).toBe(wanted);
    const other = await scene.refusal({ proof: 'x' }, { signature });
    expect(other.headers).not.toHaveProperty('Accept-Signature');
  });
});

describe('every octet that is covered', () => {
  it('FAPISIG-5.3.1.2-02 changed, refuses the request', async () => {
    const message = await scene.message({ fields: ['X-Note', 'some note'], target: '/orders?a=bc' });
    const whole = signed(message, signer, { created: scene.now, more: ['"x-note"'] });
    const spots = fc.record({ at: fc.nat({ max: 10_000 }), to: fc.integer({ min: 0x21, max: 0x7e }) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('target', 'X-Note', 'Signature-Input', 'Signature'),
        spots,
        async (part, { at, to }) => {
          const change = (text: string) => {
            const spot = at % text.length;
            return text.slice(0, spot) + String.fromCharCode(to) + text.slice(spot + 1);
          };
          const field = whole.headers.indexOf(part) + 1;
          const headers = whole.headers.map((value, index) => (index === field && field > 0 ? change(value) : value));
          // The query, because no proof has it
          const target = part === 'target' ? `/orders?${change('a=bc')}` : whole.target;
          const isSame = target === whole.target && headers.every((value, index) => value === whole.headers[index]);
          fc.pre(!isSame);
          expect(await judge({ ...whole, headers, target })).toMatch(/^signature_|^request_malformed$/);
        },
      ),
      { numRuns: 300 },
    );
    expect(await judge(whole)).toBe('accepted');
  });
});
