CREATE TABLE huts (
  name TEXT PRIMARY KEY,
  altitude INTEGER NOT NULL, -- metres
  beds INTEGER NOT NULL,
  region TEXT NOT NULL
);
CREATE TABLE trails (
  id INTEGER PRIMARY KEY,
  start_hut TEXT NOT NULL REFERENCES huts (name),
  end_hut TEXT NOT NULL REFERENCES huts (name),
  km REAL NOT NULL,
  grade TEXT NOT NULL -- easy, medium or hard
);
CREATE TABLE guides (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  born INTEGER NOT NULL
);
CREATE TABLE tours (
  guide_id INTEGER NOT NULL REFERENCES guides (id),
  trail_id INTEGER NOT NULL REFERENCES trails (id),
  year INTEGER NOT NULL,
  hikers INTEGER NOT NULL
);
INSERT INTO huts VALUES
  ('Larch Hut', 1450, 40, 'North'), ('Eagle Rock', 2310, 18, 'North'), ('Silver Spring', 1780, 60, 'South'),
  ('Cloud Saddle', 2540, 12, 'South'), ('Pine Hollow', 1120, 85, 'East'), ('Raven Tower', 2050, 24, 'East');
INSERT INTO trails VALUES
  (1, 'Larch Hut', 'Eagle Rock', 7.5, 'hard'), (2, 'Larch Hut', 'Silver Spring', 12.0, 'medium'),
  (3, 'Silver Spring', 'Cloud Saddle', 9.2, 'hard'), (4, 'Pine Hollow', 'Larch Hut', 14.4, 'easy'),
  (5, 'Pine Hollow', 'Raven Tower', 10.1, 'medium'), (6, 'Raven Tower', 'Eagle Rock', 16.8, 'hard'), (7, 'Cloud Saddle', 'Silver Spring', 9.2, 'medium');
INSERT INTO guides VALUES (1, 'Vera Holm', 1980), (2, 'Anton Reis', 1992), (3, 'Mira Saar', 1975), (4, 'Jon Falk', 1998);
INSERT INTO tours VALUES
  (1, 1, 2021, 6), (1, 3, 2022, 5), (2, 4, 2022, 14), (2, 2, 2023, 9), (3, 6, 2021, 4), (3, 5, 2022, 11), (1, 6, 2023, 7),
  (2, 4, 2023, 16), (3, 5, 2023, 8), (1, 2, 2022, 10);
