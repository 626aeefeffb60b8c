/**
 * The build plugin of @nestjs/swagger, for nest-cli.json: it completes DTOs and controllers from their types and comments. Here the import that it adds names
 * the decorators of the gateway, so that a start does not load @nestjs/swagger (src/platform/http/open-api-decorators.ts).
 */
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before as completeFromTypes } from '@nestjs/swagger/plugin';
import ts from 'typescript';

const PACKAGE = '@nestjs/swagger';
const DECORATORS = fileURLToPath(new URL('../src/platform/http/open-api-decorators.js', import.meta.url));

export function before(options, program) {
  const plugin = completeFromTypes(options, program);
  return (context) => {
    const complete = plugin(context);
    return (file) => {
      const completed = complete(file);
      const statements = completed.statements.map((statement) => importDecorators(statement, file.fileName, context.factory));
      return context.factory.updateSourceFile(completed, statements);
    };
  };
}

/** Only the import of the plugin has a namespace. */
function importDecorators(statement, fileName, factory) {
  if (
    !ts.isImportDeclaration(statement) ||
    statement.moduleSpecifier.text !== PACKAGE ||
    statement.importClause?.namedBindings === undefined ||
    !ts.isNamespaceImport(statement.importClause.namedBindings) ||
    statement.importClause.phaseModifier === ts.SyntaxKind.TypeKeyword
  ) {
    return statement;
  }
  const path = relative(dirname(resolve(fileName)), DECORATORS)
    .split(sep)
    .join('/');
  const specifier = factory.createStringLiteral(path.startsWith('.') ? path : `./${path}`);
  return factory.updateImportDeclaration(statement, statement.modifiers, statement.importClause, specifier, statement.attributes);
}
