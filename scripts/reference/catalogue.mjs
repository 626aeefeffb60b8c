import { code, page, table } from './markdown.mjs';

/** The commands and actions that the gateway knows without COMMAND_CATALOGUE_FILE. */
export async function cataloguePage(built) {
  const { BUILT_IN_CATALOGUE } = await import(new URL('commands/catalogue/built-in-catalogue.js', built));
  const { CommandCatalogue } = await import(new URL('commands/catalogue/command-catalogue.js', built));
  const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);
  const commands = [...BUILT_IN_CATALOGUE].sort((a, b) => (a.command < b.command ? -1 : 1));
  return page({
    title: 'Catalogue of commands',
    source: 'src/commands/catalogue',
    intro: `The commands whose replies the gateway knows, and the built-in actions. \`GET /api/v1/command-catalogue\` returns them with the entries of
\`COMMAND_CATALOGUE_FILE\`. Any other text can be sent too: see [send commands](../guides/commands.md). Commands that act on the vehicle say how.`,
    sections: [
      `## Actions\n\n${table(['action', 'meaning', 'text for the device', 'parameters', 'replaces'], catalogue.actions.map(actionRow))}`,
      `## Commands\n\n${table(['command', 'notes', 'acts on the vehicle', 'TFT100', 'a reply'], commands.map(commandRow))}`,
      `## Replies\n\nRegular expressions, matched case-insensitively against the trimmed reply. At most one command per reply shape is in flight for a device.\n\n${table(
        ['command', 'reply shape', 'success', 'queued', 'failure', 'compared', 'target'],
        commands.map(replyRow),
      )}`,
    ],
  });
}

function actionRow({ name, description, template, params, replaces }) {
  const parameters = Object.entries(params).map(([param, { type, minimum, maximum, enum: choices, default: value }]) => {
    const range = minimum === undefined ? (choices ?? []).join(', ') : `${minimum} to ${maximum}`;
    return `${code(param)} (${[type, range, value === undefined ? '' : `default ${value}`].filter(Boolean).join(', ')})`;
  });
  return [code(name), description, code(template.source), parameters.join('<br>'), replaces.map(code).join(', ')];
}

function commandRow({ command, syntax, notes, destructive, tft100, examples }) {
  return [
    code(syntax || command),
    notes,
    destructive,
    tft100 ? 'yes' : '',
    examples[0] === undefined ? '' : code(examples[0].replace(/\s+/g, ' ')),
  ];
}

function replyRow({ command, replyShape, success, queued, failure, discriminator, target }) {
  return [command, replyShape, success, queued, failure, discriminator === 'none' ? '' : discriminator, target].map(
    (value, index) => (value && index !== 5 ? code(value) : value),
  );
}
