/**
 * RFC 9110 §12.4.2: the weight that a field such as Accept gives to a choice; 0 where it excludes it or does not name it.
 * `names`: what the choice is called there, the most specific one first. Parameters other than `q` are passed over.
 */
export function weightIn(field: string, names: readonly string[]): number {
  const weights = new Map(field.split(',').map(readMember));
  for (const name of names) {
    const weight = weights.get(name);
    if (weight !== undefined) return weight;
  }
  return 0;
}

function readMember(member: string): [name: string, weight: number] {
  const [name = '', ...parameters] = member.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return [name, /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0];
}
