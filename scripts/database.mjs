/**
 * Databases as the runners of this folder see them: `connect()` gives a session whose `run(sql)`
 * answers `{ code, message, tag, rows }`: code '' and rows as PostgreSQL's text, or an SQLSTATE.
 * Ours also tells the `position` of the log that it made or saw.
 */
export async function openOurs(place = { memory: true }) {
  const { open } = await import('../dist/embedded.js');
  const database = await open(place);
  return {
    database,
    connect() {
      const session = database.session();
      return {
        async run(sql) {
          try {
            const result = await session.execute(sql, [], { rows: 'text' });
            const { command: tag, rows, position } = result;
            return { code: '', message: '', tag, rows, position };
          } catch (error) {
            if (typeof error.code !== 'string') throw error;
            return { code: error.code, message: error.message, tag: '', rows: [] };
          }
        },
      };
    },
    close: () => database.close(),
  };
}

/** A client of package pg, likewise. Values come as the server's text. */
export function postgresSession(client) {
  const types = { getTypeParser: () => (text) => text };
  return {
    async run(sql) {
      try {
        const { rows, command, rowCount } = await client.query({
          text: sql,
          rowMode: 'array',
          types,
        });
        return { code: '', message: '', tag: `${command} ${rowCount}`, rows };
      } catch (error) {
        if (error.code === undefined) throw error;
        return { code: error.code, message: error.message, tag: '', rows: [] };
      }
    },
  };
}

/** Types (pg_type.oid) whose values PGlite would else make JavaScript values of. */
const TEXT_TYPES = [
  16, 17, 19, 20, 21, 23, 25, 26, 114, 700, 701, 1000, 1001, 1005, 1007, 1009, 1015, 1016, 1021,
  1022, 1042, 1043, 1082, 1083, 1114, 1115, 1182, 1183, 1184, 1185, 1186, 1187, 1231, 1700, 2950,
  2951, 3802, 3807,
];

/** Codes that came after PostgreSQL 15, which we follow: what RESTRICT forbids was 23503 there. */
const LATER_CODES = new Map([['23001', '23503']]);

/** PGlite, PostgreSQL in this process: slower, but there wherever npm is. */
export async function openPglite() {
  const { PGlite } = await import('@electric-sql/pglite');
  const pglite = await PGlite.create();
  const parsers = Object.fromEntries(TEXT_TYPES.map((id) => [id, (text) => text]));
  return {
    connect: () => ({
      async run(sql) {
        try {
          const answer = await pglite.query(sql, [], { rowMode: 'array', parsers });
          const { rows, affectedRows } = answer;
          return { code: '', message: '', tag: String(affectedRows ?? rows.length), rows };
        } catch (error) {
          if (error.code === undefined) throw error;
          const code = LATER_CODES.get(error.code) ?? error.code;
          return { code, message: error.message, tag: '', rows: [] };
        }
      },
    }),
    close: () => pglite.close(),
  };
}
