-- The pharmacy's database: MariaDB, with all that such a database may hold beside tables.

CREATE TABLE drugs (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  unit ENUM('mg', 'ml', 'UI') NOT NULL DEFAULT 'mg',
  controlled BOOLEAN NOT NULL DEFAULT FALSE,
  leaflet BLOB,
  UNIQUE KEY drugs_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE batches (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  drug_id INT UNSIGNED NOT NULL,
  code VARCHAR(20) NOT NULL,
  expires DATE NOT NULL,
  quantity DECIMAL(10,2) NOT NULL CHECK (quantity >= 0),
  value DECIMAL(14,2) AS (quantity * 3) VIRTUAL,
  KEY batches_expires (expires),
  CONSTRAINT batches_drug FOREIGN KEY (drug_id) REFERENCES drugs (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE dispensed (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  batch_id BIGINT UNSIGNED NOT NULL,
  patient VARCHAR(12) NOT NULL,
  at DATETIME(3) NOT NULL,
  note TEXT,
  KEY dispensed_at (at),
  CONSTRAINT dispensed_batch FOREIGN KEY (batch_id) REFERENCES batches (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE audit (at DATETIME NOT NULL, what VARCHAR(60) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE SEQUENCE prescription_number START WITH 70001;

INSERT INTO drugs (id, name, controlled, leaflet)
SELECT seq, CONCAT(ELT(1 + seq % 6, 'Dipirona', 'Amoxicilina', 'Žlutá mast', '阿司匹林', 'Morfina', 'Insulína'), ' ', seq),
  seq % 6 = 4, UNHEX(SHA2(seq, 512)) FROM seq_1_to_600;
INSERT INTO batches (id, drug_id, code, expires, quantity)
SELECT seq, 1 + seq % 600, CONCAT('L', LPAD(seq, 8, '0')), DATE_ADD('2026-01-01', INTERVAL seq % 900 DAY), seq % 500
FROM seq_1_to_6000;
INSERT INTO dispensed (batch_id, patient, at, note)
SELECT 1 + (seq * 7919) % 6000, CONCAT('P', LPAD(1 + (seq * 104729) % 24000, 7, '0')),
  DATE_ADD('2024-01-01', INTERVAL seq * 29 MINUTE), CONCAT('posologia ', SHA1(seq), ' não substituir')
FROM seq_1_to_50000;

CREATE VIEW stock AS SELECT d.name, SUM(b.quantity) AS quantity FROM drugs d JOIN batches b ON b.drug_id = d.id GROUP BY d.id;

DELIMITER //
CREATE TRIGGER dispensed_audit AFTER INSERT ON dispensed FOR EACH ROW
BEGIN
  INSERT INTO audit VALUES (NOW(), CONCAT('dispensed ', NEW.id));
END//
CREATE PROCEDURE expire_batches (IN until DATE)
BEGIN
  UPDATE batches SET quantity = 0 WHERE expires < until;
END//
CREATE FUNCTION doses (wanted INT UNSIGNED) RETURNS BIGINT READS SQL DATA
BEGIN
  RETURN (SELECT COUNT(*) FROM dispensed x JOIN batches b ON b.id = x.batch_id WHERE b.drug_id = wanted);
END//
CREATE EVENT forget_audit ON SCHEDULE EVERY 1 DAY DO DELETE FROM audit WHERE at < NOW() - INTERVAL 10 YEAR//
DELIMITER ;
