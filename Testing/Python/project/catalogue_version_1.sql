CREATE TABLE meta (
	"key" VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
CREATE TABLE cases (
	id VARCHAR(64) NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	geometry TEXT NOT NULL, 
	attributes TEXT NOT NULL, 
	image_source_sha256 VARCHAR(64) NOT NULL, 
	label_source_sha256 VARCHAR(64), 
	label_version INTEGER, 
	annotator VARCHAR(64), 
	label_seconds FLOAT, 
	time VARCHAR(40) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
CREATE INDEX ix_cases_subject ON cases (subject);
CREATE INDEX ix_cases_image_source_sha256 ON cases (image_source_sha256);
CREATE INDEX ix_cases_label_version ON cases (label_version);
CREATE TABLE splits (
	number INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	time VARCHAR(40) NOT NULL, 
	arguments TEXT NOT NULL, 
	content TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE test_openings (
	number INTEGER NOT NULL, 
	time VARCHAR(40) NOT NULL, 
	purpose TEXT NOT NULL, 
	split_hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE channels (
	case_id VARCHAR(64) NOT NULL, 
	position INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	component INTEGER NOT NULL, 
	referenced BOOLEAN NOT NULL, 
	file_sha256 VARCHAR(64) NOT NULL, 
	content_sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (case_id, position), 
	FOREIGN KEY(case_id) REFERENCES cases (id) ON DELETE CASCADE
);
CREATE INDEX ix_channels_content_sha256 ON channels (content_sha256);
CREATE TABLE label_versions (
	case_id VARCHAR(64) NOT NULL, 
	version INTEGER NOT NULL, 
	annotator VARCHAR(64), 
	seconds FLOAT, 
	source VARCHAR(20) NOT NULL, 
	note TEXT NOT NULL, 
	time VARCHAR(40) NOT NULL, 
	voxels INTEGER NOT NULL, 
	class_values TEXT NOT NULL, 
	changed_voxels INTEGER, 
	file_sha256 VARCHAR(64) NOT NULL, 
	content_sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (case_id, version), 
	FOREIGN KEY(case_id) REFERENCES cases (id) ON DELETE CASCADE
);
CREATE TABLE label_intents (
	file_sha256 VARCHAR(64) NOT NULL, 
	case_id VARCHAR(64) NOT NULL, 
	time VARCHAR(40) NOT NULL, 
	record TEXT NOT NULL, 
	PRIMARY KEY (file_sha256, case_id), 
	FOREIGN KEY(case_id) REFERENCES cases (id) ON DELETE CASCADE
);
CREATE TABLE proposals (
	case_id VARCHAR(64) NOT NULL, 
	model VARCHAR(200) NOT NULL, 
	time VARCHAR(40) NOT NULL, 
	voxels INTEGER NOT NULL, 
	PRIMARY KEY (case_id), 
	FOREIGN KEY(case_id) REFERENCES cases (id) ON DELETE CASCADE
);
CREATE TABLE flags (
	case_id VARCHAR(64) NOT NULL, 
	note TEXT NOT NULL, 
	time VARCHAR(40) NOT NULL, 
	PRIMARY KEY (case_id), 
	FOREIGN KEY(case_id) REFERENCES cases (id) ON DELETE CASCADE
);
