import { code, page, table } from './markdown.mjs';

/** The tables of docs/reference/schema.sql with their columns, and the whole file. */
export function schemaPage(sql) {
  const tables = [...sql.matchAll(/^create table (\S+) \(\n(.*?)\n\)(.*?);\n((?:comment on .*?;\n)*)/gms)];
  const sections = tables.map(([, name, body, suffix, comments]) => {
    const remarks = new Map(
      [...comments.matchAll(/^comment on column \S+\.(\w+) is '((?:[^']|'')*)';/gm)].map(([, column, text]) => [column, text]),
    );
    const [, remark = ''] = /^comment on table \S+ is '((?:[^']|'')*)';/m.exec(comments) ?? [];
    const columns = [...body.matchAll(/^ {2}(?!constraint )(\w+) (.*?),?$/gm)].map(([, column, definition]) => [
      code(column),
      definition.replace(/ not null.*| default .*| generated .*/, ''),
      definition.includes('not null') ? '' : 'yes',
      unquote(remarks.get(column) ?? ''),
    ]);
    return [
      `## ${name}`,
      ...(remark ? [unquote(remark)] : []),
      ...storageOf(suffix.trim()),
      table(['column', 'type', 'null', 'meaning'], columns),
    ].join('\n\n');
  });
  return page({
    title: 'Schema',
    source: 'docs/reference/schema.sql',
    intro: `The tables of a freshly migrated database. Constraints, indexes and functions: [schema.sql](schema.sql), which
\`npm run schema\` makes. [Query with SQL](../guides/sql.md) shows the tables that are meant for queries.`,
    sections,
  });
}

/** A sentence for what follows the columns: `partition by ...`, or `with (...)` with the storage parameters. */
function storageOf(suffix) {
  const [, parameters] = /^with \((.*)\)$/.exec(suffix) ?? [];
  if (parameters) {
    return [`Storage parameters: ${code(parameters)}.`];
  }
  return suffix === '' ? [] : [`Partitioned: ${code(suffix)}.`];
}

function unquote(text) {
  return text.replaceAll("''", "'");
}
