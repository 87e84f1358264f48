create table if not exists jwt_auth_schema (version integer not null primary key);

create table if not exists jwt_auth_sessions (
  id varchar(64) collate "C" not null primary key,
  subject_key varchar(43) collate "C" not null,
  subject text not null,
  created_at bigint not null,
  last_used_at bigint not null,
  auth_time bigint null,
  ends_at bigint null,
  keep_until bigint not null,
  current_jti varchar(64) collate "C" not null,
  current_iat bigint not null,
  current_exp bigint not null,
  parent_jti varchar(64) collate "C" null,
  rotated_at bigint null,
  data text not null
);

create index if not exists jwt_auth_sessions_subject_key on jwt_auth_sessions (subject_key);

create index if not exists jwt_auth_sessions_keep_until on jwt_auth_sessions (keep_until);

create table if not exists jwt_auth_subjects (
  subject_key varchar(43) collate "C" not null primary key,
  generation bigint not null,
  keep_until bigint not null
);

create index if not exists jwt_auth_subjects_keep_until on jwt_auth_subjects (keep_until);

create table if not exists jwt_auth_revoked_tokens (
  jti varchar(64) collate "C" not null primary key,
  keep_until bigint not null
);

create index if not exists jwt_auth_revoked_tokens_keep_until on jwt_auth_revoked_tokens (keep_until);

create table if not exists jwt_auth_one_time_tokens (
  jti varchar(64) collate "C" not null primary key,
  subject_key varchar(43) collate "C" not null,
  keep_until bigint not null
);

create index if not exists jwt_auth_one_time_tokens_subject_key on jwt_auth_one_time_tokens (subject_key);

create index if not exists jwt_auth_one_time_tokens_keep_until on jwt_auth_one_time_tokens (keep_until);

insert into jwt_auth_schema (version) values (1);

create table if not exists jwt_auth_keys (
  id varchar(64) collate "C" not null primary key,
  version bigint not null,
  data text not null
);

insert into jwt_auth_schema (version) values (2);
