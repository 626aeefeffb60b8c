import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { llmsText } from './llms.mjs';
import { SECTIONS } from './sections.mjs';

const DOCS = new URL('../', import.meta.url);
const { description, repository } = JSON.parse(readFileSync(new URL('../package.json', DOCS), 'utf8'));
/** Files of the reference that are no pages. */
const FILES = ['reference/openapi.json', 'reference/schema.sql'];

export default defineConfig({
  title: 'IoT broker',
  description,
  lang: 'en',
  cleanUrls: true,
  lastUpdated: false,
  srcExclude: ['node_modules/**'],
  // A link to a page or a file of the repository that does not exist fails the build.
  ignoreDeadLinks: [/^https?:\/\/localhost/, /openapi\.json$/, /schema\.sql$/],
  markdown: {
    languageAlias: { conf: 'ini' },
    config: (markdown) => markdown.core.ruler.push('repository_links', repositoryLinks),
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: SECTIONS.map(({ title, pages }) => ({ text: title, link: `/${pages[0].path}` })),
    sidebar: SECTIONS.map(({ title, pages }) => ({
      text: title,
      collapsed: title === 'Decisions',
      items: pages.map(({ path, title: text }) => ({ text, link: `/${path}` })),
    })),
    ...(repository ? { socialLinks: [{ icon: 'github', link: repository.url ?? repository }] } : {}),
  },
  buildEnd({ outDir }) {
    FILES.forEach((file) => copyFileSync(fileURLToPath(new URL(file, DOCS)), `${outDir}/${file}`));
    writeFileSync(`${outDir}/llms.txt`, llmsText(SECTIONS, description));
  },
});

/** Links to files outside of docs/ lead to the repository; without its address in package.json they are plain text. */
function repositoryLinks({ tokens, env }) {
  const children = tokens.flatMap((token) => token.children ?? []);
  const open = [];
  for (const token of children) {
    if (token.type === 'link_open') {
      open.push(token);
      retarget(token, posix.join(posix.dirname(env.relativePath), token.attrGet('href')));
    } else if (token.type === 'link_close') {
      token.tag = open.pop().tag;
    }
  }
}

function retarget(token, path) {
  const href = token.attrGet('href');
  if (/^([a-z]+:|#|\/)/.test(href) || !path.startsWith('../')) {
    return;
  }
  if (repository) {
    token.attrSet('href', `${repository.url ?? repository}/blob/main/${path.slice(3)}`);
  } else {
    token.tag = 'span';
    token.attrs = [];
  }
}
