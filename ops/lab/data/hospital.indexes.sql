-- After the rows: what makes the hospital's own queries quick, and sequences that continue where the rows end.

CREATE INDEX ON admissions (patient_id, admitted);
CREATE INDEX ON examinations (admission_id);
CREATE INDEX ON audit_log (at);
CREATE INDEX ON patients (lower(name));

SELECT setval(pg_get_serial_sequence('patients', 'id'), max(id)) FROM patients;
SELECT setval(pg_get_serial_sequence('admissions', 'id'), max(id)) FROM admissions;
SELECT setval(pg_get_serial_sequence('examinations', 'id'), max(id)) FROM examinations;
SELECT setval(pg_get_serial_sequence('audit_log', 'id'), max(id)) FROM audit_log;
SELECT setval('admission_number', max(number)) FROM admissions;

-- Large objects, as older systems keep scanned pages.
UPDATE examinations SET image = lo_from_bytea(0, decode(repeat(md5(id::text), 400), 'hex'))
    WHERE id % 4000 = 0;
COMMENT ON COLUMN examinations.image IS 'scanned page, a large object';
ANALYZE;
