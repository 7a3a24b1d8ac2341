/**
 * Executing definitions: the door of this room for the engine.
 *
 * A definition takes effect as a whole or not at all: its records go to the overlay's statement
 * layer, like those of a write. Rows that it must read or rewrite are done in the same entry,
 * within the bounds of one, in slices.
 */
import { unsupported } from '../error.ts';
import type { Statement } from '../tree/statement.ts';
import type { WriteContext } from '../write/context.ts';
import { alterTable } from './alter.ts';
import { alterView } from './alter-view.ts';
import { comment } from './comment.ts';
import { createTableAs } from './create-as.ts';
import { createTable } from './create-table.ts';
import { drop } from './drop.ts';
import { Editor } from './editor.ts';
import type { Tag } from './editor.ts';
import { addLabel, createEnum, renameLabel } from './enum.ts';
import { createIndex } from './index.ts';
import { createOnCommit } from './on-commit.ts';
import { rename } from './rename.ts';
import { createSchemaWith } from './schema-elements.ts';
import { createSchema, setSchema } from './schema.ts';
import { alterSequence, createSequence } from './sequence.ts';
import { truncate } from './truncate.ts';
import { createView } from './view.ts';
import { withoutEffect } from './without-effect.ts';

export class Definition {
  readonly #editor: Editor;
  readonly #tag: Tag;

  constructor(statement: Statement, context: WriteContext) {
    this.#editor = new Editor(context);
    this.#tag = defineWith(statement, this.#editor);
  }

  /** Reads or writes at most a batch of rows; true when all is done. Throws `SqlError`. */
  step(): boolean {
    if (!this.#editor.work()) return false;
    this.#editor.finish();
    return true;
  }

  /** Valid when done. */
  get tag(): string {
    return typeof this.#tag === 'string' ? this.#tag : this.#tag();
  }

  get notices(): readonly string[] {
    return this.#editor.notices;
  }
}

function defineWith(statement: Statement, editor: Editor): Tag {
  switch (statement.kind) {
    case 'createTable':
      createTable(statement, editor);
      return 'CREATE TABLE';
    case 'createTableAs':
      return createTableAs(statement, editor);
    case 'alterTable':
      alterTable(statement, editor);
      return 'ALTER TABLE';
    case 'rename':
      return rename(statement, editor);
    case 'setSchema':
      return setSchema(statement, editor);
    case 'drop':
      return drop(statement, editor);
    case 'truncate':
      truncate(statement, editor);
      return 'TRUNCATE TABLE';
    case 'createIndex':
      createIndex(statement, editor);
      return 'CREATE INDEX';
    case 'createView':
      createView(statement, editor);
      return 'CREATE VIEW';
    case 'createViewWith':
      createView(statement.view, editor, statement.options);
      return 'CREATE VIEW';
    case 'alterView':
      return alterView(statement, editor);
    case 'createSequence':
      createSequence(statement, editor);
      return 'CREATE SEQUENCE';
    case 'alterSequence':
      alterSequence(statement, editor);
      return 'ALTER SEQUENCE';
    case 'createSchema':
      createSchema(statement, editor);
      return 'CREATE SCHEMA';
    case 'createSchemaWith':
      createSchemaWith(statement, editor);
      return 'CREATE SCHEMA';
    case 'createOnCommit':
      return createOnCommit(statement, editor);
    case 'createEnum':
      createEnum(statement, editor);
      return 'CREATE TYPE';
    case 'addLabel':
      addLabel(statement, editor);
      return 'ALTER TYPE';
    case 'renameLabel':
      renameLabel(statement, editor);
      return 'ALTER TYPE';
    case 'comment':
      comment(statement, editor);
      return 'COMMENT';
    case 'withoutEffect': {
      const { statement: effect, object } = statement;
      const tag = effect === null ? `ALTER ${object.toUpperCase()}` : defineWith(effect, editor);
      withoutEffect(statement, editor);
      return tag;
    }
    default:
      throw unsupported(`the statement ${statement.kind}`, 'at' in statement ? statement.at : -1);
  }
}
