/**
 * A shop: customers, products, orders and their lines, notes on some; and queries of the kinds that
 * applications and reports send. Each has one answer, whatever plan it gets.
 */
export function shop(orders) {
  const customers = Math.ceil(orders / 5);
  return [
    'CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, city text, born date)',
    'CREATE TABLE products (id int PRIMARY KEY, name text, price numeric(8, 2), category int)',
    `CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers,
      placed timestamp NOT NULL, status text NOT NULL)`,
    `CREATE TABLE lines (ordered int REFERENCES orders, n int,
      product int NOT NULL REFERENCES products, quantity int NOT NULL, price numeric(8, 2),
      PRIMARY KEY (ordered, n))`,
    'CREATE TABLE notes (id int PRIMARY KEY, ordered int, body text)',
    'CREATE INDEX ON orders (customer)',
    'CREATE INDEX ON orders (placed)',
    'CREATE INDEX ON lines (product)',
    'CREATE INDEX ON notes (ordered)',
    'CREATE INDEX ON customers (city)',
    `INSERT INTO customers SELECT g, 'name ' || g, 'city ' || g % 300, date '1950-01-01' + g % 20000
      FROM generate_series(1, ${customers}) g`,
    `INSERT INTO products SELECT g, 'product ' || g, g % 500 + 0.99, g % 20
      FROM generate_series(1, 1000) g`,
    `INSERT INTO orders SELECT g, g::bigint * 7919 % ${customers} + 1,
        timestamp '2020-01-01' + (g || ' minutes')::interval,
        CASE WHEN g % 10 = 0 THEN 'open' ELSE 'done' END
      FROM generate_series(1, ${orders}) g`,
    `INSERT INTO lines
      SELECT o, n, (o * 31 + n * 17) % 1000 + 1, (o + n) % 9 + 1, (o + n) % 500 + 0.5
      FROM generate_series(1, ${orders}) o, generate_series(1, 3) n`,
    `INSERT INTO notes SELECT g, g * 3, 'note ' || g
      FROM generate_series(1, ${Math.floor(orders / 3)}) g`,
  ];
}

/** By what each shows. */
export const QUERIES = {
  'one row by key': 'SELECT * FROM orders WHERE id = 77',
  'rows of a parent': 'SELECT id, placed FROM orders WHERE customer = 5 ORDER BY id',
  'parent and children': `SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer = c.id
    WHERE c.id = 77 ORDER BY o.id`,
  'outer join, few': `SELECT c.name, count(o.id) FROM customers c LEFT JOIN orders o
    ON o.customer = c.id WHERE c.city = 'city 9' GROUP BY c.name ORDER BY c.name`,
  'outer join beside an inner one': `SELECT o.id, n.body FROM orders o LEFT JOIN notes n
    ON n.ordered = o.id JOIN customers c ON c.id = o.customer WHERE c.city = 'city 3'
    ORDER BY o.id`,
  'IN, few': `SELECT id FROM orders WHERE customer IN (SELECT id FROM customers
    WHERE city = 'city 7') ORDER BY id`,
  'IN in IN': `SELECT id FROM customers WHERE id IN (SELECT customer FROM orders WHERE id IN
    (SELECT ordered FROM lines WHERE product = 3)) ORDER BY id`,
  'IN, many': `SELECT count(*) FROM lines WHERE ordered IN (SELECT id FROM orders
    WHERE status = 'open') AND product IN (SELECT id FROM products WHERE category = 3)`,
  EXISTS: `SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id
    AND o.status = 'open') ORDER BY id LIMIT 20`,
  'NOT EXISTS': `SELECT id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o
    WHERE o.customer = c.id AND o.status = 'open') ORDER BY id LIMIT 20`,
  'NOT IN': 'SELECT count(*) FROM customers WHERE id NOT IN (SELECT customer FROM orders)',
  'OR over two indexes': 'SELECT id FROM orders WHERE customer = 5 OR id = 7 ORDER BY id',
  'next page by two columns': `SELECT ordered, n FROM lines WHERE (ordered, n) > (4000, 2)
    ORDER BY ordered, n LIMIT 10`,
  'newest ten': 'SELECT id FROM orders ORDER BY placed DESC LIMIT 10',
  'newest, with their customers': `SELECT o.id, c.name FROM orders o
    JOIN customers c ON c.id = o.customer ORDER BY o.placed DESC LIMIT 20`,
  'newest, with all about them': `SELECT o.id, c.name, l.n, p.name, x.body FROM orders o
    JOIN customers c ON c.id = o.customer JOIN lines l ON l.ordered = o.id
    JOIN products p ON p.id = l.product LEFT JOIN notes x ON x.ordered = o.id
    ORDER BY o.placed DESC, l.n LIMIT 20`,
  'newest without notes': `SELECT id FROM orders o
    WHERE NOT EXISTS (SELECT 1 FROM notes x WHERE x.ordered = o.id)
    ORDER BY placed DESC LIMIT 20`,
  'newest, and how many lines': `SELECT o.id, count(*) FROM orders o
    JOIN lines l ON l.ordered = o.id GROUP BY o.id ORDER BY o.id DESC LIMIT 20`,
  'newest of each': `SELECT c.id, x.id FROM customers c CROSS JOIN LATERAL (SELECT id FROM orders o
    WHERE o.customer = c.id ORDER BY placed DESC LIMIT 1) x WHERE c.city = 'city 5' ORDER BY c.id`,
  'rank within groups': `SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY customer
    ORDER BY placed DESC) AS n FROM orders) q WHERE n = 1 ORDER BY id LIMIT 10`,
  'a count for each row': `SELECT id, (SELECT count(*) FROM lines WHERE ordered = o.id)
    FROM orders o ORDER BY id LIMIT 50`,
  'a count as a condition': `SELECT count(*) FROM customers c
    WHERE (SELECT count(*) FROM orders o WHERE o.customer = c.id) > 4`,
  'first and last': 'SELECT min(placed), max(placed) FROM orders',
  'distinct values': 'SELECT DISTINCT city FROM customers ORDER BY city',
  'distinct count': 'SELECT count(DISTINCT customer) FROM orders',
  'sum over a day': `SELECT sum(l.quantity * l.price) FROM lines l JOIN orders o ON o.id = l.ordered
    WHERE o.placed >= '2020-01-05' AND o.placed < '2020-01-06'`,
  'sum by category': `SELECT p.category, sum(l.quantity) FROM lines l JOIN products p
    ON p.id = l.product GROUP BY p.category ORDER BY p.category`,
  'best cities': `SELECT c.city, sum(l.quantity * l.price) AS s FROM customers c JOIN orders o
    ON o.customer = c.id JOIN lines l ON l.ordered = o.id
    GROUP BY c.city ORDER BY s DESC, c.city LIMIT 5`,
  'orders by day': `SELECT date_trunc('day', placed) AS d, count(*) FROM orders
    GROUP BY d ORDER BY d LIMIT 5`,
  'self join': `SELECT count(*) FROM orders a
    JOIN orders b ON b.customer = a.customer AND b.id > a.id WHERE a.status = 'open'`,
  EXCEPT: 'SELECT count(*) FROM (SELECT id FROM customers EXCEPT SELECT customer FROM orders) q',
};
