PRAGMA auto_vacuum=INCREMENTAL;
PRAGMA journal_mode=WAL;
BEGIN TRANSACTION;
CREATE TABLE counters (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
INSERT INTO "counters" VALUES('bytes_sent',1234.0);
INSERT INTO "counters" VALUES('bytes_stored',2134.0);
INSERT INTO "counters" VALUES('captured',17.0);
INSERT INTO "counters" VALUES('events',9.0);
INSERT INTO "counters" VALUES('looked_at',8.0);
INSERT INTO "counters" VALUES('sent',9.0);
INSERT INTO "counters" VALUES('worked_s',1.0);
CREATE TABLE cursors (sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "cursors" VALUES('file:/e.jsonl',6);
INSERT INTO "cursors" VALUES('mqtt://broker/door',3);
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    stored_s REAL NOT NULL,
    size INTEGER NOT NULL,
    text TEXT NOT NULL
);
INSERT INTO "events" VALUES(4,'a13bbccebaff4426ae662bfd5e749b50','folder:/in',1.79590781918275237084e+09,265,'{"id":"a13bbccebaff4426ae662bfd5e749b50","source":"folder:/in","kind":"rule","time":"2023-11-14T22:13:24.000Z","rule":"bird","label":"macaw","score":0.9875,"picture":"4.jpg","meaning":"probabilities","top":[{"label":"macaw","score":0.10400000000000001,"index":89}]}');
INSERT INTO "events" VALUES(5,'e242932b7e114637b59677c7bd7589cb','folder:/in',1.79590781919581031801e+09,222,'{"id":"e242932b7e114637b59677c7bd7589cb","source":"folder:/in","kind":"result","time":"2023-11-14T22:13:25.000Z","picture":"5.jpg","meaning":"probabilities","top":[{"label":"macaw","score":0.10500000000000001,"index":89}]}');
INSERT INTO "events" VALUES(6,'281c397dd7c24d51ac9bb7899714447a','folder:/in',1.79590781920311665532e+09,265,'{"id":"281c397dd7c24d51ac9bb7899714447a","source":"folder:/in","kind":"rule","time":"2023-11-14T22:13:26.000Z","rule":"bird","label":"macaw","score":0.9875,"picture":"6.jpg","meaning":"probabilities","top":[{"label":"macaw","score":0.10600000000000001,"index":89}]}');
INSERT INTO "events" VALUES(7,'06eca0bf63fa4276b17f283692439dad','folder:/in',1.7959078192163288593e+09,239,'{"id":"06eca0bf63fa4276b17f283692439dad","source":"folder:/in","kind":"result","time":"2023-11-14T22:13:27.000Z","picture":"7 café 猫 \udce9.jpg","meaning":"probabilities","top":[{"label":"macaw","score":0.10700000000000001,"index":89}]}');
INSERT INTO "events" VALUES(8,'2d6b4745a2534816b97f907b4f8477dd','folder:/in',1.79590781922417569156e+09,265,'{"id":"2d6b4745a2534816b97f907b4f8477dd","source":"folder:/in","kind":"rule","time":"2023-11-14T22:13:28.000Z","rule":"bird","label":"macaw","score":0.9875,"picture":"8.jpg","meaning":"probabilities","top":[{"label":"macaw","score":0.10800000000000001,"index":89}]}');
INSERT INTO "events" VALUES(9,'b4ab2d29756c430683aaea64d14ae2cb','agent',1.79590781923912477498e+09,183,'{"id":"b4ab2d29756c430683aaea64d14ae2cb","source":"agent","kind":"agent","time":"2023-11-14T22:15:00.500Z","what":"picture refused","picture":"broken.jpg","error":"not a \"picture\""}');
CREATE TABLE taken (source TEXT, item TEXT, PRIMARY KEY (source, item)) WITHOUT ROWID;
INSERT INTO "taken" VALUES('agent','broken.jpg:mark');
INSERT INTO "taken" VALUES('folder:/in','2.jpg:mark');
INSERT INTO "taken" VALUES('folder:/in','3.jpg:mark');
INSERT INTO "taken" VALUES('folder:/in','4.jpg:mark');
INSERT INTO "taken" VALUES('folder:/in','5.jpg:mark');
INSERT INTO "taken" VALUES('folder:/in','6.jpg:mark');
INSERT INTO "taken" VALUES('folder:/in','7.jpg:mark');
INSERT INTO "taken" VALUES('folder:/in','8.jpg:mark');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',9);
COMMIT;
PRAGMA user_version=1;
