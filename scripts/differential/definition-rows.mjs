/** Generated statements on rows between definitions, prepared ones among them. */

/** Weights, features and makers, as `Definitions` has them, on its `names`. */
export function rowStatements(random, names) {
  let prepared = 0;

  const given = () => {
    const used = names.last.columns.filter(() => random.chance(75));
    const row = () => used.map(({ type }) => (random.chance(12) ? 'DEFAULT' : names.value(type)));
    return { used: used.map(({ name }) => name).join(', '), row: () => `(${row().join(', ')})` };
  };

  const insert = () => {
    const table = names.table(random.chance(10) ? 'rv' : 'r');
    const { used, row } = given();
    if (used === '' || random.chance(10)) return `INSERT INTO ${table} DEFAULT VALUES`;
    const rows = Array.from({ length: random.between(1, 2) }, row).join(', ');
    return `INSERT INTO ${table} (${used}) VALUES ${rows}${random.chance(12) ? conflict() : ''}`;
  };

  const conflict = () => {
    const { name, type } = names.column();
    return random.of([
      ' ON CONFLICT DO NOTHING',
      ` ON CONFLICT (${name}) DO NOTHING`,
      ` ON CONFLICT (${name}) DO UPDATE SET ${names.column().name} = ${names.value(type)}`,
      ` ON CONFLICT ON CONSTRAINT ${names.constraint()} DO NOTHING`,
    ]);
  };

  const update = () => {
    const table = names.table(random.chance(10) ? 'rv' : 'r');
    const { name, type } = names.column();
    const value = random.chance(10) ? 'DEFAULT' : names.value(type);
    return `UPDATE ${table} SET ${name} = ${value} WHERE ${names.condition()}`;
  };

  const remove = () => `DELETE FROM ${names.table()} WHERE ${names.condition()}`;

  const copy = () => {
    const from = names.table('rv');
    const { name } = names.column();
    const into = names.table();
    return `INSERT INTO ${into} (${names.column().name}) SELECT ${name} FROM ${from}`;
  };

  const prepare = () => {
    prepared += 1;
    // PostgreSQL looks names up again when something has changed that it knew of, we always.
    names.qualified = true;
    const select = `SELECT * FROM ${names.table('rv')}`;
    const query = random.of([select, select, insert(), update()]);
    names.qualified = false;
    return random.of([
      `PREPARE p${prepared} AS ${query}`,
      `EXECUTE p${random.between(1, prepared)}`,
    ]);
  };

  return [
    [9, 'insert', insert],
    [1, 'insert select', copy],
    [4, 'update', update],
    [1, 'delete', remove],
    [1, 'truncate', () => `TRUNCATE ${names.table()}${names.cascade()}`],
    [2, 'prepared', prepare],
  ];
}
