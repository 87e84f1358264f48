create table if not exists jwt_auth_schema (version integer not null primary key);

create table if not exists jwt_auth_sessions (
  id text not null primary key,
  subject_key text not null,
  subject text not null,
  created_at integer not null,
  last_used_at integer not null,
  auth_time integer null,
  ends_at integer null,
  keep_until integer not null,
  current_jti text not null,
  current_iat integer not null,
  current_exp integer not null,
  parent_jti text null,
  rotated_at integer null,
  data text not null
);

create index if not exists jwt_auth_sessions_subject_key on jwt_auth_sessions (subject_key);

create index if not exists jwt_auth_sessions_keep_until on jwt_auth_sessions (keep_until);

create table if not exists jwt_auth_subjects (
  subject_key text not null primary key,
  generation integer not null,
  keep_until integer not null
);

create index if not exists jwt_auth_subjects_keep_until on jwt_auth_subjects (keep_until);

create table if not exists jwt_auth_revoked_tokens (
  jti text not null primary key,
  keep_until integer not null
);

create index if not exists jwt_auth_revoked_tokens_keep_until on jwt_auth_revoked_tokens (keep_until);

create table if not exists jwt_auth_one_time_tokens (
  jti text not null primary key,
  subject_key text not null,
  keep_until integer not null
);

create index if not exists jwt_auth_one_time_tokens_subject_key on jwt_auth_one_time_tokens (subject_key);

create index if not exists jwt_auth_one_time_tokens_keep_until on jwt_auth_one_time_tokens (keep_until);

insert into jwt_auth_schema (version) values (1);

create table if not exists jwt_auth_keys (
  id text not null primary key,
  version integer not null,
  data text not null
);

insert into jwt_auth_schema (version) values (2);
