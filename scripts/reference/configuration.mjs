import { code, page, table, withRelativeLinks } from './markdown.mjs';
import { sourceClasses } from './source-classes.mjs';

const ABBREVIATIONS = new Map([
  ['Api', 'API'],
  ['Mqtt', 'MQTT'],
]);

/** Environment variables: names, defaults and comments of the settings classes. */
export async function configurationPage(built) {
  const { SETTINGS } = await import(new URL('settings.js', built));
  const declared = new Map(sourceClasses((file) => file.endsWith('settings.ts')).map((found) => [found.name, found]));
  const sections = SETTINGS.map((settings) => section(declared.get(settings.name), new settings()));
  return page({
    title: 'Configuration',
    source: 'the settings classes (src/**/*.settings.ts)',
    intro: `Variables are read from the environment and from a file \`.env\` in the working directory; the environment has priority. All are optional. An empty
variable counts as not set. An invalid one ends the start with its name and the reason.`,
    sections,
  });
}

function section({ name, comment, fields }, defaults) {
  const title = titleOf(name);
  const rows = fields
    .filter((field) => /^[A-Z]/.test(field.name))
    .map((field) => [
      code(field.name),
      defaults[field.name] === undefined ? '' : code(defaults[field.name]),
      range(field),
      withRelativeLinks(field.comment),
    ]);
  return `## ${title}\n\n${comment}\n\n${table(['variable', 'default', 'values', 'meaning'], rows)}`;
}

/** `MqttCommandSettings` is "MQTT command". */
function titleOf(className) {
  const [first, ...others] = className.replace(/Settings$/, '').split(/(?<=[a-z])(?=[A-Z])/);
  return [ABBREVIATIONS.get(first) ?? first, ...others.map((word) => word.toLowerCase())].join(' ');
}

function range({ decorators, type = '' }) {
  const text = decorators.join(' ');
  const [, numbers] = /(?:Integer|Number)Variable\(([^)]*)\)/.exec(text) ?? [];
  if (numbers) {
    return numbers.replaceAll('_', ',').split(', ').join(' to ');
  }
  if (text.includes('FlagVariable')) {
    return '`true`, `false`';
  }
  if (text.includes('PortVariable')) {
    return 'a port';
  }
  return [...type.matchAll(/'([^']*)'/g)].map(([, value]) => code(value)).join(', ');
}
