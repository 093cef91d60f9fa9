/** Lines of a table whose columns are as wide as they have to be. `right`: the columns of figures. */
export function align(table: readonly (readonly string[])[], right: ReadonlySet<number>): string[] {
  const columns = table[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (text: string, column: number) => {
    const width = widths[column] ?? 0;
    return right.has(column) ? text.padStart(width) : text.padEnd(width);
  };
  return table.map((row) => row.map(pad).join('  ').trimEnd());
}
