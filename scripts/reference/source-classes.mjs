import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

/** Every class of the source files that a test accepts: its name, comment, super class and fields with their comments, decorators and initialisers. */
export function sourceClasses(isWanted) {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && isWanted(file))
    .sort()
    .flatMap((file) =>
      classesOf(ts.createSourceFile(file, readFileSync(join(SOURCE, file), 'utf8'), ts.ScriptTarget.Latest, true)),
    );
}

function classesOf(source) {
  return source.statements.filter(ts.isClassDeclaration).map((node) => ({
    name: node.name?.text,
    comment: commentOf(node),
    superClass: node.heritageClauses?.[0]?.types[0]?.expression.getText(),
    fields: node.members.filter(ts.isPropertyDeclaration).map((field) => ({
      name: field.name.getText(),
      comment: commentOf(field),
      decorators: (ts.getDecorators(field) ?? []).map(({ expression }) => expression.getText()),
      value: field.initializer?.getText(),
      type: field.type?.getText(),
    })),
  }));
}

function commentOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replace(/\s*\n\s*/g, ' ').trim();
}
