import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';

/** One test, or one row of a table of tests, as its source states it. */
export interface TestTitle {
  readonly file: string;
  /** Titles from the outermost `describe` to the test. */
  readonly path: readonly string[];
  /** False for what is skipped, left to do, expected to fail, or run under a condition: that shows nothing. */
  readonly runs: boolean;
}

/** Titles of all tests below a folder, in order of their files. Files that do not use vitest hold none. */
export function titlesBelow(folder: string): TestTitle[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.sort().flatMap((file) => titlesOf(file, readFileSync(join(folder, file), 'utf8')));
}

/** Titles of one source text. By its syntax tree, so that no comment and no text of a test is taken for a test. */
export function titlesOf(file: string, source: string): TestTitle[] {
  const program = parseSync(file, source, { lang: 'ts' }).program as unknown as Node;
  const tables = tablesOf(program);
  const titles: TestTitle[] = [];

  function visit(node: Node, path: readonly string[], runs: boolean): void {
    const call = readCall(node, tables);
    if (call === undefined) {
      for (const child of childrenOf(node)) visit(child, path, runs);
      return;
    }
    const willRun = runs && call.runs;
    if (call.kind === 'test')
      titles.push(...call.titles.map((title) => ({ file, path: [...path, title], runs: willRun })));
    else for (const title of call.titles) for (const child of call.body) visit(child, [...path, title], willRun);
  }

  visit(program, [], true);
  return titles;
}

interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

interface Call {
  readonly kind: 'suite' | 'test';
  readonly titles: readonly string[];
  readonly runs: boolean;
  readonly body: readonly Node[];
}

const KINDS: Readonly<Record<string, Call['kind']>> = { describe: 'suite', suite: 'suite', it: 'test', test: 'test' };
const HARMLESS = new Set(['each', 'for', 'concurrent', 'sequential', 'only']);

function readCall(node: Node, tables: ReadonlyMap<string, Node>): Call | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const { root, modifiers, table } = readCallee(node['callee'] as Node);
  const [first, ...body] = node['arguments'] as Node[];
  const title = first === undefined ? undefined : textOf(first);
  const kind = root === undefined || !Object.hasOwn(KINDS, root) ? undefined : KINDS[root];
  if (kind === undefined || title === undefined) return undefined;
  const [placeholder] = /%[a-z#$]/.exec(title) ?? [];
  const rows = placeholder === '%s' && table !== undefined ? firstCells(table, tables) : undefined;
  return {
    kind,
    titles: rows === undefined ? [title] : rows.map((row) => title.replace('%s', () => row)),
    runs: modifiers.every((modifier) => HARMLESS.has(modifier)),
    body,
  };
}

/** `it`, `it.skip`, `it.each(table)`, `it.skipIf(condition).each(table)`: the name, what follows it, and the table. */
function readCallee(callee: Node): { root: string | undefined; modifiers: readonly string[]; table?: Node } {
  if (callee.type === 'Identifier') return { root: callee['name'] as string, modifiers: [] };
  if (callee.type === 'MemberExpression') {
    const { root, modifiers } = readCallee(callee['object'] as Node);
    return { root, modifiers: [...modifiers, String((callee['property'] as Node)['name'])] };
  }
  if (callee.type !== 'CallExpression') return { root: undefined, modifiers: [] };
  const [table] = callee['arguments'] as Node[];
  return { ...readCallee(callee['callee'] as Node), ...(table === undefined ? {} : { table }) };
}

/** What `%s` stands for in each row of a table that is written down in the file; undefined where it is computed. */
function firstCells(table: Node, tables: ReadonlyMap<string, Node>): string[] | undefined {
  const literal = bare(table);
  if (literal.type === 'Identifier') {
    const known = tables.get(literal['name'] as string);
    return known === undefined ? undefined : firstCells(known, new Map());
  }
  if (literal.type !== 'ArrayExpression') return undefined;
  const cells = (literal['elements'] as Node[]).map((row) => {
    const element = bare(row);
    return textOf(element.type === 'ArrayExpression' ? bare((element['elements'] as Node[])[0] ?? element) : element);
  });
  return cells.every((cell) => cell !== undefined) ? cells : undefined;
}

function tablesOf(program: Node): Map<string, Node> {
  const tables = new Map<string, Node>();
  const collect = (node: Node): void => {
    if (node.type === 'VariableDeclarator' && typeof node['init'] === 'object' && node['init'] !== null) {
      tables.set(String((node['id'] as Node)['name']), node['init'] as Node);
    }
    childrenOf(node).forEach(collect);
  };
  collect(program);
  return tables;
}

/** Without `as const` and the like. */
function bare(node: Node): Node {
  return /^TS(?:As|Satisfies|NonNull)Expression$/.test(node.type) ? bare(node['expression'] as Node) : node;
}

/** The text of a string; what a template fills in is `%s`. */
function textOf(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type !== 'TemplateLiteral') return undefined;
  return (node['quasis'] as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('%s');
}

function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value);
}
