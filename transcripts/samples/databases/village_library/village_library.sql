CREATE TABLE members (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  joined INTEGER NOT NULL, -- year
  street TEXT
);
CREATE TABLE books (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  author TEXT NOT NULL,
  pages INTEGER NOT NULL,
  genre TEXT NOT NULL
);
CREATE TABLE loans (
  member_id INTEGER NOT NULL REFERENCES members (id),
  book_id INTEGER NOT NULL REFERENCES books (id),
  borrowed TEXT NOT NULL, -- date, as YYYY-MM-DD
  returned TEXT -- NULL while the book is out
);
INSERT INTO members VALUES
  (1, 'Ines Okafor', 2015, 'Mill Lane'), (2, 'Tom Brandt', 2019, 'Church Street'), (3, 'Lea Moreau', 2019, 'Mill Lane'),
  (4, 'Piotr Zielinski', 2021, NULL), (5, 'Ada Quist', 2022, 'Station Road'), (6, 'Sam Ortega', 2015, 'Church Street');
INSERT INTO books VALUES
  (1, 'The Salt Road', 'M. Harrow', 320, 'novel'), (2, 'Birds of the Marsh', 'K. Lund', 210, 'nature'),
  (3, 'A Kettle of Stars', 'M. Harrow', 275, 'novel'), (4, 'Bread by Hand', 'R. Assis', 144, 'cooking'),
  (5, 'The Long Winter Soup', 'R. Assis', 98, 'cooking'), (6, 'Moss and Stone', 'K. Lund', 180, 'nature'),
  (7, 'Night Ferry', 'J. Oyelaran', 410, 'novel');
INSERT INTO loans VALUES
  (1, 1, '2023-01-10', '2023-02-01'), (1, 3, '2023-02-01', '2023-02-20'), (2, 1, '2023-02-14', '2023-03-30'),
  (3, 2, '2023-03-01', NULL), (3, 6, '2023-03-01', '2023-03-15'), (5, 1, '2023-04-02', NULL), (5, 4, '2023-04-02', '2023-04-05'),
  (6, 7, '2023-04-20', NULL), (1, 7, '2023-03-03', '2023-04-01'), (2, 4, '2023-05-05', NULL), (6, 5, '2023-01-22', '2023-01-29');
