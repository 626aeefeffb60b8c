import { code, page, table } from './markdown.mjs';

/** The AVL ids that the gateway knows, with the columns of the telemetry table. */
export async function dictionaryPage(built) {
  const { IO_ELEMENTS } = await import(new URL('protocol/io-dictionary.js', built));
  const { ATTRIBUTE_COLUMNS } = await import(new URL('telemetry/telemetry-columns.js', built));
  const columns = new Map(ATTRIBUTE_COLUMNS.map(({ avlId, name }) => [avlId, name]));
  const groups = [...new Set(IO_ELEMENTS.map(({ group }) => group))];
  return page({
    title: 'AVL dictionary',
    source: 'src/protocol/io-dictionary.generated.ts',
    intro: `The IO elements of Teltonika's tables, as \`GET /api/v1/io-elements\` returns them. *Width* is in bytes; with a multiplier, the value is the raw value times it. Elements with
a column are stored in it, all others in \`io\` by their id. TFT100: the element is in the table of that device.`,
    sections: groups.map((group) => {
      const rows = IO_ELEMENTS.filter((element) => element.group === group).map((element) => [
        element.id,
        element.name,
        element.width ?? 'variable',
        element.type,
        element.multiplier === 1 ? '' : (element.multiplier ?? ''),
        element.unit ?? '',
        columns.has(element.id) ? code(columns.get(element.id)) : '',
        element.tft100 ? 'yes' : '',
        meanings(element),
      ]);
      return `## ${group}\n\n${table(['id', 'name', 'width', 'type', 'multiplier', 'unit', 'column', 'TFT100', 'values'], rows)}`;
    }),
  });
}

function meanings({ values, errors, doubts }) {
  return Object.entries({ ...values, ...errors, ...doubts })
    .map(([raw, meaning]) => `${raw}: ${meaning}`)
    .join('; ');
}
