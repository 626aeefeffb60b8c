import { readdirSync, readFileSync } from 'node:fs';

const DOCS = new URL('../', import.meta.url);
const FOLDERS = {
  start: 'Start',
  guides: 'Guides',
  concepts: 'Concepts',
  reference: 'Reference',
  operate: 'Operate',
  decisions: 'Decisions',
};
/** The order in which one reads them; all other pages follow by name. */
const ORDER = {
  start: ['first-device', 'first-command', 'first-webhook'],
  guides: ['index', 'tft100', 'rest', 'keys', 'commands', 'guards', 'unlock-a-scooter', 'actions', 'webhooks'],
  concepts: ['index', 'stored', 'commands', 'events', 'sessions', 'admission'],
  reference: ['index', 'configuration', 'rest', 'errors', 'events', 'metrics'],
  operate: ['index', 'production', 'monitoring', 'database', 'limits', 'scale'],
  decisions: ['index'],
};

/** Every page of docs/ with its title, by folder. */
export const SECTIONS = Object.entries(FOLDERS).map(([folder, title]) => ({
  title,
  pages: [...pagesOf(folder), ...more(folder)],
}));

function pagesOf(folder) {
  const place = (name) => (ORDER[folder].includes(name) ? ORDER[folder].indexOf(name) : ORDER[folder].length);
  return readdirSync(new URL(`${folder}/`, DOCS))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
    .map((name) => page(`${folder}/${name}`));
}

/** Pages beside the folders. */
function more(folder) {
  const names = folder === 'operate' ? readdirSync(DOCS).filter((file) => file.endsWith('.md') && file !== 'index.md') : [];
  return names.map((file) => page(file.slice(0, -'.md'.length)));
}

function page(path) {
  const text = readFileSync(new URL(`${path}.md`, DOCS), 'utf8');
  const [, title = path] = /^# (.*)$/m.exec(text) ?? [];
  const [first = ''] = text
    .replace(/^# .*$/m, '')
    .replace(/<!--.*?-->/gs, '')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => /^[A-Z`](?!``)/.test(paragraph));
  return {
    path: path.replace(/\/index$/, '/'),
    title,
    summary: first.replace(/\s*\n\s*/g, ' ').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'),
  };
}
