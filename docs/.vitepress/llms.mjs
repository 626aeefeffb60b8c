/** The list of pages for language models (llmstxt.org). */
export function llmsText(sections, description) {
  const parts = sections.map(({ title, pages }) => {
    const lines = pages.map(({ title: name, path, summary }) => {
      const sentence = firstSentence(summary);
      return `- [${name}](/${path})${sentence === '' ? '' : `: ${sentence}`}`;
    });
    return `## ${title}\n\n${lines.join('\n')}`;
  });
  return `# IoT broker\n\n> ${description}\n\n${parts.join('\n\n')}\n`;
}

/** As a whole sentence where it introduces a block, and empty where it only introduces a list: "Devices:" says nothing about a page. */
function firstSentence(text) {
  const sentence = /^.*?[.:](?=\s|$)/.exec(text)?.[0] ?? text;
  return /^\w+:$/.test(sentence) ? '' : sentence.replace(/:$/, '.');
}
