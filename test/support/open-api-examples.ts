/** An example of the document, and the schema it must follow. */
export interface Example {
  /** Where it stands. */
  readonly at: string;
  readonly schema: object;
  readonly value: unknown;
}

/** All `example`s and `examples` of schemas, parameters and bodies, wherever they stand. */
export function examplesOf(node: unknown, at = '#'): Example[] {
  if (typeof node !== 'object' || node === null) {
    return [];
  }
  const own = 'example' in node ? [{ at, schema: schemaOf(node), value: node.example }] : [];
  const several = 'examples' in node ? fromExamples(node, node.examples, at) : [];
  // The content of an example is not a schema.
  const inner = Object.entries(node).filter(([key]) => key !== 'example' && key !== 'examples');
  return [...own, ...several, ...inner.flatMap(([key, value]) => examplesOf(value, `${at}/${key}`))];
}

/** Those of a schema are a list of values, those of a parameter or a body are named. */
function fromExamples(node: object, examples: unknown, at: string): Example[] {
  if (Array.isArray(examples)) {
    return examples.map((value: unknown, index) => ({ at: `${at}/examples/${index}`, schema: schemaOf(node), value }));
  }
  return Object.entries((examples ?? {}) as Record<string, { value: unknown }>).map(([name, { value }]) => ({
    at: `${at}/examples/${name}`,
    schema: schemaOf(node),
    value,
  }));
}

/** A parameter or a body has its schema beside the example; a schema is its own. */
function schemaOf(node: object): object {
  const schema: object = 'schema' in node && typeof node.schema === 'object' && node.schema !== null ? node.schema : node;
  const { example: _example, examples: _examples, ...rest } = schema as Record<string, unknown>;
  return rest;
}
