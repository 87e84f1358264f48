/*
 * The rules of refresh tokens as an abstract machine: two processes on one store, two tabs of one browser, a thief, and an
 * owner who ends sessions. A process may crash, and the store may be slow, between any two steps. A step of the store is
 * one statement or script in packages/sql and packages/redis, so it is a d_step here.
 *
 * Time is only what it decides: whether the grace of a rotation is over, and whether the access token has expired. The
 * model assumes that an access token lives longer than a request takes.
 *
 * -DGRACE=0 is `reuseGrace: 0`, -DALONE leaves out thief and owner. The names in #ifdef are faults that are planted by spin.spec.ts, each of which must be found.
 */
#ifndef GRACE
#define GRACE 1
#endif
#ifndef SESSIONS
#define SESSIONS 1
#define TOKENS 3 /* of a session: 1 is the token of the login, 0 is none */
#endif
#define THIEF 2  /* the tabs are 0 and 1 */

mtype = { OK, REUSED, ENDED, UNAVAILABLE }

/* What the store keeps. */
typedef Session { bool live; byte current; byte parent; bool inGrace; byte made }
Session session[SESSIONS];

/* What nobody in the machine reads: the history, by which its answers are judged. */
typedef History { bool ended; bool used[8]; bool graceOver[8]; byte successor[8] }
History history[SESSIONS];
bool stolen;

/* The cookies of the browser. */
byte jarSession, jarToken, waiting, logins;
bool fresh;

chan requests = [0] of { byte, byte, byte }; /* user, session, token */
chan answers[3] = [0] of { mtype, byte };    /* what became of it, the new token */

#define S session[s]
#define H history[s]
#define USED H.used[t]
#define STALE (USED && (H.graceOver[t] || H.used[H.successor[t]]))

/* `revoke`, `revokeSession`, and for each session `revokeAll`; also what follows a reuse. */
inline endSession(s) { S.live = false; H.ended = true }

inline login() {
  if
  :: logins < SESSIONS ->
    session[logins].live = true; session[logins].current = 1; session[logins].made = 1;
    jarSession = logins; jarToken = 1; fresh = true; logins++
  :: else -> jarSession = SESSIONS; jarToken = 0; fresh = false /* the user has gone */
  fi
}

/* One read of the store decides over an access token. */
inline check(s) { assert(!(S.live && H.ended)) }

/* `classifyRefreshToken` */
inline lookUp() {
  endedBefore = H.ended; staleBefore = STALE; lateBefore = USED && H.graceOver[t];
  if
  :: !S.live -> result = ENDED
  :: S.live && S.current == t -> result = OK
#ifdef GRACE_ENDS_NEVER
  :: S.live && S.current != t && S.parent == t && GRACE -> result = OK
#else
  :: S.live && S.current != t && S.parent == t && S.inGrace -> result = OK
#endif
  :: else -> result = REUSED
  fi
}

#ifdef GRACE_JUDGED_TWICE
#define mayRepeat S.inGrace
#else
#define mayRepeat GRACE
#endif
#ifdef NO_COMPARE
#define isCurrent true
#else
#define isCurrent (S.current == t)
#endif
#ifdef ENDED_COMES_BACK
#define isThere true
#else
#define isThere S.live
#endif
#ifdef NO_DEADLINE
#define isLate false
#else
#define isLate late
#endif

/* `rotate`, the same in every store */
inline rotate() {
  if
  :: isLate -> result = UNAVAILABLE
  :: else -> if
    :: !isThere -> result = ENDED
    :: else -> if
      :: isCurrent ->
        S.made++; S.live = true; S.parent = t; S.current = S.made; S.inGrace = GRACE;
        next = S.current; accepted()
      :: else -> if
        :: S.parent == t && mayRepeat ->
#ifdef SECOND_SUCCESSOR
          S.made++; S.current = S.made;
#endif
          next = S.current; accepted()
        :: else -> reused()
        fi
      fi
    fi
  fi
}

inline accepted() {
  result = OK;
  assert(!endedBefore);                                            /* what was ended stays ended */
  assert(!staleBefore && !H.used[next]);                           /* a used token is good in its grace only */
  assert(GRACE || !USED);                                          /* without a grace it is good once */
  assert(H.successor[t] == 0 || H.successor[t] == next);           /* no other branch */
  USED = true; H.successor[t] = next; H.graceOver[t] = H.graceOver[t] || !GRACE
}

inline reused() {
  result = REUSED;
  assert(user == THIEF || stolen || !GRACE || lateBefore);         /* no race signs an honest browser out */
#ifdef REUSE_FORGIVEN
  skip
#else
  endSession(s)
#endif
}

active [2] proctype Process() {
  byte user, s, t, next; mtype result; bool late, endedBefore, staleBefore, lateBefore;
end:
  do
  :: requests ? user, s, t;
    d_step { lookUp() };
    if
    :: goto crashed
    :: result == ENDED
    :: result == REUSED -> d_step { reused() }
    :: result == OK -> /* here the loaders run, and the new tokens are signed */
      if
      :: answers[user] ! UNAVAILABLE, 0; late = true /* the time-out is over, the statement is still on its way */
      :: skip
      fi;
      d_step { rotate() }
    fi;
    if
    :: late
    :: !late -> goto crashed
    :: !late -> atomic {
        assert(result == UNAVAILABLE || !staleBefore || !S.live);  /* whoever reuses a token ends the session */
        answers[user] ! result, next
      }
    fi;
    goto done;
crashed:
#ifdef NO_TIMEOUT
    skip;
#else
    answers[user] ! UNAVAILABLE, 0;
#endif
done:
    atomic { user = 0; s = 0; t = 0; next = 0; result = 0; late = false; endedBefore = false; staleBefore = false; lateBefore = false }
  od
}

/* A tab sends the cookie that the browser holds then, and the answer replaces it. */
proctype Tab(byte me) {
  byte s, next; mtype result;
  do
  :: atomic { !fresh && jarSession < SESSIONS && jarToken < TOKENS ->
      s = jarSession; waiting++; requests ! me, s, jarToken }
    atomic { answers[me] ? result, next; waiting--;
      if
      :: result == OK -> jarSession = s; jarToken = next; fresh = true
      :: result == UNAVAILABLE
      :: (result == ENDED || result == REUSED) && jarSession != s
      :: (result == ENDED || result == REUSED) && jarSession == s -> login()
      fi;
      s = 0; next = 0; result = 0 }
  :: d_step { jarSession < SESSIONS -> check(jarSession) }
  :: jarSession == SESSIONS || jarToken >= TOKENS -> break
  od
}

/* Copies a cookie at any time, and uses it and its successors at any time. */
proctype Thief() {
  byte s, t, next; mtype result;
  atomic {
    if
    :: jarSession < SESSIONS -> s = jarSession; t = jarToken
    :: t = TOKENS
    fi
  }
  do
  :: atomic { t < TOKENS -> stolen = true; requests ! THIEF, s, t }
    atomic { answers[THIEF] ? result, next;
      if
      :: result == OK -> t = next
      :: else
      fi;
      next = 0; result = 0 }
  :: d_step { s < SESSIONS -> check(s) }
  :: break
  od
}

/* Ends one session, or all. */
proctype Owner() {
  byte s;
  d_step {
    do
    :: s < SESSIONS ->
      if
      :: s >= logins
      :: s < logins
#ifdef REVOKE_FORGETS
        -> H.ended = true
#else
        -> endSession(s)
#endif
      :: s == 0 /* a session that is not meant */
      fi;
      s++
    :: else -> break
    od;
    s = 0
  }
}

proctype Time() {
end:
  do
  :: d_step { session[0].inGrace -> session[0].inGrace = false; history[0].graceOver[session[0].parent] = true }
#if SESSIONS > 1
  :: d_step { session[1].inGrace -> session[1].inGrace = false; history[1].graceOver[session[1].parent] = true }
#endif
  :: d_step { fresh && waiting == 0 -> fresh = false }
  od
}

init {
  atomic {
    login(); run Tab(0); run Tab(1); run Time();
#ifndef ALONE
    run Thief(); run Owner()
#endif
  }
}
