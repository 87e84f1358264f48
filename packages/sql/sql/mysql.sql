create table if not exists jwt_auth_schema (version integer not null primary key) engine = InnoDB;

create table if not exists jwt_auth_sessions (
  id varchar(64) character set ascii collate ascii_bin not null primary key,
  subject_key varchar(43) character set ascii collate ascii_bin not null,
  subject mediumtext character set utf8mb4 collate utf8mb4_bin not null,
  created_at bigint not null,
  last_used_at bigint not null,
  auth_time bigint null,
  ends_at bigint null,
  keep_until bigint not null,
  current_jti varchar(64) character set ascii collate ascii_bin not null,
  current_iat bigint not null,
  current_exp bigint not null,
  parent_jti varchar(64) character set ascii collate ascii_bin null,
  rotated_at bigint null,
  data mediumtext character set utf8mb4 collate utf8mb4_bin not null,
  key jwt_auth_sessions_subject_key (subject_key),
  key jwt_auth_sessions_keep_until (keep_until)
) engine = InnoDB;

create table if not exists jwt_auth_subjects (
  subject_key varchar(43) character set ascii collate ascii_bin not null primary key,
  generation bigint not null,
  keep_until bigint not null,
  key jwt_auth_subjects_keep_until (keep_until)
) engine = InnoDB;

create table if not exists jwt_auth_revoked_tokens (
  jti varchar(64) character set ascii collate ascii_bin not null primary key,
  keep_until bigint not null,
  key jwt_auth_revoked_tokens_keep_until (keep_until)
) engine = InnoDB;

create table if not exists jwt_auth_one_time_tokens (
  jti varchar(64) character set ascii collate ascii_bin not null primary key,
  subject_key varchar(43) character set ascii collate ascii_bin not null,
  keep_until bigint not null,
  key jwt_auth_one_time_tokens_subject_key (subject_key),
  key jwt_auth_one_time_tokens_keep_until (keep_until)
) engine = InnoDB;

insert into jwt_auth_schema (version) values (1);

create table if not exists jwt_auth_keys (
  id varchar(64) character set ascii collate ascii_bin not null primary key,
  version bigint not null,
  data mediumtext character set utf8mb4 collate utf8mb4_bin not null
) engine = InnoDB;

insert into jwt_auth_schema (version) values (2);
