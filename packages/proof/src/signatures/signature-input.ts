import { createBoundedCache } from '../bounded-cache.ts';
import { type Member, readDictionary } from './structured-field.ts';

type Members = ReadonlyMap<string, Member>;

// Until the year 2286
const CREATED = /;created=([1-9][0-9]{9})(?=[;,]|$)/g;
const NO_TIME = ';created=0';

// Whoever fills it with other forms takes nothing but the time that reading one again takes
const forms = createBoundedCache<Members>({ maxEntries: 1024, maxKeyBytes: 256 * 1024 });

/**
 * The members of Signature-Input (RFC 9421 §4.1). A client sends the same field but for the time, and one request is read up
 * to three times, so that what was read is remembered by its form, which is the field with other times in it.
 */
export function readSignatureInput(field: string): Members {
  const times: number[] = [];
  const form = field.replace(CREATED, (_, created) => {
    times.push(Number(created));
    return NO_TIME;
  });
  const members = forms.recall(form) ?? readForm(form, times.length);
  return members === undefined ? readDictionary(field, 'signature_malformed') : withTimes(members, times);
}

/** Undefined where a time stands elsewhere than as the parameter of a signature, in a string for one. */
function readForm(form: string, times: number): Members | undefined {
  const members = readDictionary(form, 'signature_malformed');
  const isTimed = ({ list }: Member) => list?.[1].get('created') === 0;
  const isPlain = [...members.values()].filter(isTimed).length === times && form.split(NO_TIME).length === times + 1;
  if (!isPlain) return undefined;
  forms.keep(form, members);
  return members;
}

function withTimes(members: Members, times: readonly number[]): Members {
  if (times.length === 0) return members;
  const remaining = times.values();
  return new Map([...members].map(([label, member]) => [label, withTime(member, remaining)]));
}

function withTime(member: Member, times: Iterator<number>): Member {
  const { list, text } = member;
  if (list?.[1].get('created') !== 0) return member;
  const created = times.next().value ?? 0;
  const [items, parameters] = list;
  return {
    list: [items, new Map(parameters).set('created', created)],
    text: text.replace(NO_TIME, `;created=${created}`),
  };
}
