import { describe, expect, it } from '@jest/globals'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { describeWith } from '../../support/services.js'
import { onMysql } from './databases.js'
import { describeLocks, describeMax } from './describe-locks.js'
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
  describeMax(
    () => onMysql(url),
    // InnoDB brings this view up to date only where nobody has read it for a tenth of a second.
    "select count(*) + sleep(0.15) as count from information_schema.innodb_trx where trx_state = 'LOCK WAIT'",
  )

  it('has the same clock, whatever the time zone of a connection is', async () => {
    const times = []
    for (const zone of ['+00:00', '+05:30', '-11:00', '+00:00']) {
      const scratch = await onMysql(url, [`set time_zone = '${zone}'`])
      times.push((await new SqlSessionStore({ db: scratch.connect() }).report()).time)
      await scratch.drop()
    }
    expect(times).toEqual(times.toSorted((a = 0, b = 0) => a - b))
  })
})
