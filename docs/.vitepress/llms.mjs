/** The list of pages for language models (llmstxt.org). */
export function llmsText(sections, description) {
  const parts = sections.map(({ title, pages }) => {
    const lines = pages.map(
      (page) => `- [${page.title}](/${page.path})${page.summary === '' ? '' : `: ${firstSentence(page.summary)}`}`,
    );
    return `## ${title}\n\n${lines.join('\n')}`;
  });
  return `# IoT broker\n\n> ${description}\n\n${parts.join('\n\n')}\n`;
}

function firstSentence(text) {
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0] ?? text;
}
