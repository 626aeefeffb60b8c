import { code, page, prose, sentence, table } from './markdown.mjs';

/** The operations of the REST API by their tags. */
export function restPage(openApi) {
  const operations = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
  const tags = [...new Set(operations.flatMap(({ tags: [tag] }) => tag))];
  const ofTag = (tag) => operations.filter(({ tags: [first] }) => first === tag);
  const list = tags.map((tag) => [
    tag,
    ofTag(tag)
      .map(({ operationId, method, path }) => `[${code(`${method} ${path}`)}](#${operationId.toLowerCase()})`)
      .join('<br>'),
  ]);
  return page({
    title: 'REST',
    source: 'docs/reference/openapi.json',
    intro: `Keys, pages, times and errors are described in [the REST API](../guides/rest.md); the codes of errors are listed in [error codes](errors.md). The same
in machine-readable form: [openapi.json](openapi.json), and \`GET /docs-json\` of a running gateway.`,
    sections: [
      `| | |\n| --- | --- |\n${list.map(([tag, links]) => `| ${tag} | ${links} |`).join('\n')}`,
      ...tags.flatMap((tag) => [`## ${tag}`, ...ofTag(tag).map((operation) => operationText(operation, openApi))]),
    ],
  });
}

function operationText(operation, { components }) {
  const { operationId, method, path, summary = '', description = '', parameters = [], requestBody, responses } = operation;
  const text = description.startsWith(summary) ? description : [summary, description].filter(Boolean).map(sentence).join(' ');
  const scope = operation['x-required-scope'];
  const parts = [
    `### ${operationId}`,
    code(`${method} ${path}`),
    prose(text.replace(/ Requires a key with the scope `\w+`\.$/, '')),
    scope ? `Scope: ${code(scope)}.` : '',
  ];
  if (parameters.length > 0) {
    const rows = parameters.map((given) => {
      const parameter = given.$ref ? resolve(given, components) : given;
      return [code(parameter.name), parameter.in, valuesOf(parameter.schema, components), parameter.description];
    });
    parts.push(table(['parameter', 'in', 'values', 'meaning'], rows));
  }
  const body = requestBody?.content?.['application/json']?.schema;
  if (body) {
    parts.push('Body:', fieldsTable(resolve(body, components), components));
  }
  const answers = Object.entries(responses).map(([status, response]) => [
    status,
    linkCodes(resolve(response, components).description ?? '', response['x-error-codes'] ?? []),
  ]);
  parts.push(table(['status', 'answer'], answers));
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1].content?.['application/json'];
  const example = success?.example ?? Object.values(success?.examples ?? {})[0]?.value;
  if (example !== undefined) {
    parts.push(`\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``);
  }
  return parts.filter(Boolean).join('\n\n');
}

function linkCodes(text, codes) {
  return codes.reduce((result, name) => result.replace(new RegExp(`\\b${name}\\b`), code(name)), text);
}

export function fieldsTable(schema, components) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, given]) => {
    const field = resolve(given, components);
    return [
      code(name) + (required.has(name) ? ' (required)' : ''),
      valuesOf(given, components),
      field.description ?? given.description,
    ];
  });
  return table(['field', 'values', 'meaning'], rows);
}

export function resolve(schema, components) {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return reference ? resolve(components[reference.split('/').at(-2)][reference.split('/').at(-1)], components) : schema;
}

/** Types, bounds and default of a schema, on one line. */
export function valuesOf(given, components) {
  const schema = resolve(given, components);
  if (schema.const !== undefined) {
    return code(schema.const);
  }
  if (schema.enum) {
    return schema.enum.map((value) => code(value)).join(', ') + withDefault(schema);
  }
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) {
    return [...new Set(alternatives.map((one) => valuesOf(one, components)))].join(' or ');
  }
  if (schema.type === 'array') {
    return `array of ${valuesOf(schema.items ?? {}, components) || 'any'}`;
  }
  const types = [schema.type ?? []].flat().map((type) => (type === 'string' && schema.format ? schema.format : type));
  return types.join(' or ') + bounds(schema) + withDefault(schema);
}

function bounds({ minimum, maximum, minLength, maxLength }) {
  if (maximum !== undefined) {
    return `, ${minimum ?? ''} to ${maximum}`.replace('  ', ' ');
  }
  if (minimum !== undefined) {
    return `, ${minimum} or more`;
  }
  return maxLength === undefined ? '' : `, ${minLength ?? 0} to ${maxLength} characters`;
}

function withDefault({ default: value }) {
  return value === undefined ? '' : `; default ${code(value)}`;
}
