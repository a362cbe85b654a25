-- The operating theatres' calendar: one SQLite file that a small program keeps open.

PRAGMA journal_mode = WAL;
CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE bookings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  room INTEGER NOT NULL REFERENCES rooms (id),
  starts TEXT NOT NULL,
  minutes INTEGER NOT NULL CHECK (minutes > 0),
  patient TEXT NOT NULL,
  note TEXT
);
CREATE INDEX bookings_starts ON bookings (starts);
CREATE VIEW today AS SELECT * FROM bookings WHERE date(starts) = date('now');
CREATE TRIGGER bookings_sane BEFORE INSERT ON bookings WHEN new.minutes > 1440
BEGIN
  SELECT raise(ABORT, 'longer than a day');
END;
INSERT INTO rooms VALUES (1, 'Sala 1'), (2, 'Sala 2'), (3, 'Operační sál'), (4, '手术室');
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
INSERT INTO bookings (room, starts, minutes, patient, note)
SELECT 1 + i % 4, datetime('2024-01-01', (i * 91) || ' minutes'), 30 + i % 200, printf('P%07d', 1 + (i * 7919) % 24000),
  'preparo ' || hex(i * 2654435761) FROM n;
