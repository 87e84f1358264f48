import { describe } from '@jest/globals'
import { describeWith } from '../../support/services.js'
import { onMysql } from './databases.js'
import { describeLocks } from './describe-locks.js'
import { describePromises, parallel } from './describe-sql-store.js'
import { describeStarts } from './describe-starts.js'
import { describeTables } from './describe-tables.js'

describeWith('mysql', 'SqlSessionStore on MySQL and MariaDB', (url) => {
  describePromises('keeps what a store promises', () => onMysql(url))

  describe.each([
    [
      'where the default isolation is READ COMMITTED',
      'set session transaction isolation level read committed',
    ],
    ['where the default isolation is SERIALIZABLE', 'set session transaction isolation level serializable'],
    [
      'where snapshots are checked, as in MariaDB 11',
      '/*M!101108 set session innodb_snapshot_isolation = 1 */',
    ],
  ])('%s', (_name, setup) => {
    describePromises('keeps what a store promises', () => onMysql(url, [setup]), parallel)
  })

  describePromises(
    'takes a bigint from the driver as text',
    () => onMysql(url, [], { supportBigNumbers: true, bigNumberStrings: true }),
    /^(times|data|generation|max)/,
  )

  describeTables('mysql.sql', () => onMysql(url))
  describeStarts(() => onMysql(url))
  describeLocks(() => onMysql(url, [], { connectionLimit: 1 }))
})
