/** A table, each row a list of cells in Markdown. */
export function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

/** Text on one line of a table. Outside of code, `<` and `{{` would be read as HTML or as a template of VitePress. */
export function cell(text) {
  return prose(String(text ?? '')).replaceAll('|', '\\|');
}

/** A paragraph of one line. */
export function prose(text) {
  return text
    .replace(/\s*\n\s*/g, ' ')
    .split(/(`[^`]*`|<br>)/)
    .map((part) => (/^(`|<br>$)/.test(part) ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;')))
    .join('');
}

export function code(text) {
  return `\`${text}\``;
}

/** `docs/guides/x.md#y` of a comment in the code, as a link from docs/reference/. */
export function withRelativeLinks(text) {
  return text.replaceAll('](docs/', '](../');
}

export function sentence(text) {
  const capital = text.replace(/^[a-z]/, (letter) => letter.toUpperCase());
  return /[.:!?]$/.test(capital) ? capital : `${capital}.`;
}

export function page({ title, source, intro, sections }) {
  const made = `<!-- Generated from ${source}: npm run reference -->`;
  return `${[`# ${title}`, made, intro, ...sections].join('\n\n')}\n`;
}
