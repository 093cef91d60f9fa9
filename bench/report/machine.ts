import type { Machine } from '../machine.ts';

export function machineLines({ cpu, cores, memoryGiB, node, openssl, packages, commit }: Machine): string[] {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB`,
    `Node ${node}, OpenSSL ${openssl}, ${versions.join(', ')}`,
    ...(commit === undefined ? [] : [`commit ${commit}`]),
  ];
}
