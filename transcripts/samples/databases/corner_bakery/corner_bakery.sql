CREATE TABLE products (
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL, -- bread, cake or pastry
  price REAL NOT NULL
);
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  city TEXT NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  day TEXT NOT NULL
);
CREATE TABLE items (
  order_id INTEGER NOT NULL REFERENCES orders (id),
  product_code TEXT NOT NULL REFERENCES products (code),
  quantity INTEGER NOT NULL
);
INSERT INTO products VALUES
  ('B1', 'rye loaf', 'bread', 4.5), ('B2', 'spelt roll', 'bread', 0.9), ('C1', 'plum cake', 'cake', 18.0),
  ('C2', 'honey cake', 'cake', 22.5), ('P1', 'poppy twist', 'pastry', 2.2), ('P2', 'almond horn', 'pastry', 2.8),
  ('P3', 'cheese snail', 'pastry', 2.8);
INSERT INTO customers VALUES
  (1, 'Cafe Morgentau', 'Lindau'), (2, 'Hotel Seeblick', 'Lindau'), (3, 'Familie Ruf', 'Wangen'), (4, 'School Kitchen', 'Wangen'),
  (5, 'Olga Stern', 'Ravensburg');
INSERT INTO orders VALUES
  (1, 1, 'Monday'), (2, 2, 'Monday'), (3, 1, 'Tuesday'), (4, 4, 'Wednesday'), (5, 3, 'Friday'), (6, 2, 'Saturday'), (7, 1, 'Saturday');
INSERT INTO items VALUES
  (1, 'B2', 40), (1, 'P1', 12), (2, 'B1', 6), (2, 'C1', 2), (3, 'B2', 40), (3, 'P2', 10), (4, 'B2', 120), (5, 'C2', 1),
  (5, 'B1', 1), (6, 'C1', 3), (6, 'P3', 25), (6, 'B2', 60), (7, 'C2', 2);
