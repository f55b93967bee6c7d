/* Exactly one issue: the protocol of ARCHITECTURE section 3, apart from the code, for spin to try in every order of events.
 *
 * A process of Promela may stop before any of its steps, for good or for long: that is a worker that is suspended. What stands
 * in one `atomic` is one statement of PostgreSQL, one request to Jira, or one look at memory. README.md says how to read it.
 *
 * -DNO_...  takes one safeguard away: then spin must find an error.     -DLIVE  adds the claim that everything comes to an end.
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef JOBS
#define JOBS 2     /* failures of the same control */
#endif

/* In ticks. Tenure.swift: a worker trusts its lease for two thirds of it, HOLD; others take its jobs after the whole. */
#ifdef COARSE
#define HOLD  1
#define LEASE 2
#define LIFE  1
#else
#define HOLD  2
#define LEASE 3
#define LIFE  2    /* of a request: so long after the socket it has reached Jira or never will (timeout, TCP_USER_TIMEOUT) */
#endif
/* From the mark to the last look: Settling.swift; `longestLife` in JiraSection.swift. */
#ifdef SHORT_SETTLING
#define SETTLING (HOLD + LIFE - 1)
#else
#define SETTLING (HOLD + LIFE)
#endif

#ifdef LIVE
bit calm;          /* from here on nothing goes wrong any more */
bit front;         /* and a job that runs again stands at the end of the queue */
#define LINEUP if :: calm -> front = 1 - j :: else fi
#else
#define calm   false
#define front  0
#define LINEUP skip
#endif

/* Where a job is: ready, leased to worker 1..WORKERS, leased to a process that is gone, finished. Each claim has a fence of its
 * own; a worker here claims nothing while it is at a job, even at one it has lost, so that its number does for a fence. */
#define READY 0
#define GONE  (WORKERS + 1)
#define ENDED (WORKERS + 2)
typedef Job { byte holder; byte silent /* ticks since the holder's heartbeat */ }
Job job[2];

mtype = { none, creating, open };
/* kushim_jira.tickets: in_doubt, last_sent_at, last_issue_seen. Without `sends`: here the fence alone must do. */
typedef Row { mtype state = none; bit job; bit doubt; byte age; byte seen }
Row row[2];        /* by the job that opened it */

mtype = { unused, going, created, rejected, lost };
typedef Request { mtype state = unused; byte left /* of LIFE */; bit awaited /* by its sender */ }
#define NOTHING 3
Request air[3];

byte issues;       /* in Jira, of this control, numbered from 1 */
byte indexed;      /* of those, how many a search finds */
byte hurrying;     /* how many workers are between mark and socket */

#define HOLDS      (job[j].holder == me)
#define STILLHOLDS (HOLDS && job[j].silent < HOLD)
#ifdef NO_FENCE    /* `l.fence = g.fence` in SettleJobs, FindEpisodes, OpenEpisodes, MarkSent; there also job_id and sends */
#define FENCE true
#define OURS  true
#else
#define FENCE HOLDS
#define OURS  (row[r].job == j)
#endif
#ifdef NO_UNIQUE   /* index "one open episode for each control" */
#define UNIQUE true
#else
#define UNIQUE (row[1 - j].state == none)
#endif
#if defined(NO_GATE)     /* RequestGate.open asks `maySend`, at the socket */
#define MAYSEND true
#elif defined(NO_EXPIRY) /* GuardedJira.leave: it ends two thirds of a lease after the mark, whatever heartbeats say */
#define MAYSEND STILLHOLDS
#else
#define MAYSEND (STILLHOLDS && row[r].age < HOLD)
#endif

#define LEASED(n) (job[n].holder != READY && job[n].holder != ENDED)
#ifdef NO_RESCUE
#define LAPSED(n) false
#else
#define LAPSED(n) (LEASED(n) && job[n].silent >= LEASE)
#endif
#define NEXT(n)   (job[n].holder == READY && (!calm || (front == n || job[1 - n].holder != READY) && !LAPSED(1 - n)))
#define CERTAIN   row[r].doubt = 0; row[r].age = 0; row[r].seen = 0
#define RELEASE   verdict = snoozed; goto settle    /* NotNow, LeaseLost: the job runs again */
#define STEP      if :: atomic {
#define OR_DIE    } :: atomic { !calm -> goto dead } fi

inline mark() {    /* MarkSent: compare and set under the fence. `seen`: at most the project's newest number, ProjectFrontier */
    STEP
        if :: FENCE && row[r].state == creating && OURS :: else -> RELEASE fi;
        row[r].doubt = 1; row[r].age = 0; row[r].seen = issues; hurrying++; hurries = 1;
        printf("worker %d: marked the ledger row: it is being sent\n", me)
    OR_DIE
}

inline send() {    /* RequestGate.open, then the wire */
    STEP
        hurrying = hurrying - hurries; hurries = 0;
        if :: MAYSEND :: else -> printf("worker %d: may not send any more\n", me); RELEASE fi;
        slot = (air[0].state == unused -> 0 : (air[1].state == unused -> 1 : 2)); assert(air[slot].state == unused);
        air[slot].state = going; air[slot].left = LIFE; air[slot].awaited = 1;
        printf("worker %d: SENT a create request; age of the mark: %d\n", me, row[r].age)
    OR_DIE
}

inline forget() {  /* what a process has in memory; a request in the air lives on, and nobody waits for its answer */
    if
    :: slot != NOTHING -> air[slot].awaited = 0; if :: air[slot].state != going -> air[slot].state = unused :: else fi
    :: else
    fi;
    hurrying = hurrying - hurries; hurries = 0; slot = NOTHING; j = 0; r = 0; settled = 0; verdict = 0
}

mtype = { completed, refused, snoozed, counted };

proctype Worker(byte me) {
    bit j, r, settled, hurries; byte slot = NOTHING; mtype verdict;
end:
idle:
    if
    :: atomic {                                                 /* ClaimJobs */
        if :: NEXT(0) -> j = 0 :: NEXT(1) -> j = 1 fi;
        job[j].holder = me; printf("worker %d: claimed failure %d\n", me, j + 1) }
    :: atomic {                                                 /* Rescue: BuryWorkers, TakeUpJobs */
        if :: LAPSED(0) -> j = 0 :: LAPSED(1) -> j = 1 fi;
        if
        :: job[j].holder = READY; printf("worker %d: took failure %d from a silent worker\n", me, j + 1)
        :: !calm && j == 0 && JOBS == 2 ->                      /* quarantine, EpisodeGivenUp */
            job[0].holder = ENDED; printf("worker %d: gave failure 1 up\n", me);
            if :: row[0].state == creating && row[0].job == 0 && !row[0].doubt -> row[0].state = none :: else fi
        fi;
        job[j].silent = 0; j = 0; goto idle }
    fi;
find:
    STEP                                                        /* FindEpisodes, Ledger.intend */
        if :: !FENCE -> RELEASE :: else fi;
        r = (row[j].state != none -> j : 1 - j);
        if
        :: row[r].state == none
        :: row[r].state == open -> verdict = counted; goto settle                           /* RepeatedFailure */
        :: row[r].state == creating && row[r].job == j ->
            settled = (row[r].age >= SETTLING); if :: row[r].doubt -> goto look :: else -> goto create fi
        :: row[r].state == creating && row[r].job != j ->
            if :: job[row[r].job].holder == ENDED -> row[r].job = j; goto find :: else -> RELEASE fi    /* TakeOverEpisode */
        fi
    OR_DIE;
    STEP                                                        /* OpenEpisodes: the intent */
        if :: FENCE && UNIQUE && row[j].state == none :: else -> goto find fi;
        r = j; row[r].state = creating; row[r].job = j; printf("worker %d: opened an episode\n", me); goto create
    OR_DIE;
look:
#ifndef NO_LOOK
    STEP                                                        /* SharedLooks.sighting: LabelLook */
        if
        :: indexed > 0 -> printf("worker %d: found the issue by search\n", me); verdict = completed; goto settle
        :: indexed == 0 -> printf("worker %d: a search shows no issue\n", me)
#ifdef NO_PROOF                                                 /* Doubt: `demandingNamedCaller` */
        :: !calm -> printf("worker %d: as anonymous, it sees no issue\n", me); goto looked
#else
        :: !calm -> printf("worker %d: Jira is away, or takes it for anonymous\n", me); RELEASE
#endif
        fi
    OR_DIE;
    STEP                                                        /* KeyScan */
#ifdef NO_KEYS
        skip;
#else
        if
        :: issues > row[r].seen -> printf("worker %d: found the issue by key\n", me); verdict = completed; goto settle
        :: else -> printf("worker %d: no issue after number %d\n", me, row[r].seen)
        fi;
#endif
looked:
#ifndef NO_SETTLING
        if :: !settled -> RELEASE :: else fi;                   /* Settling.wait */
#endif
        settled = 0
    OR_DIE;
#endif
create:
#ifdef NO_GATE
    STEP if :: STILLHOLDS :: else -> RELEASE fi OR_DIE;         /* checkLease alone */
#endif
#ifdef NO_INTENT
    send(); mark();
#else
    mark(); send();
#endif
    STEP
        if
        :: air[slot].state == created -> printf("worker %d: told that the issue was made\n", me); verdict = completed
        :: air[slot].state == rejected -> printf("worker %d: refused\n", me); verdict = refused
        :: air[slot].state == rejected -> printf("worker %d: refused; once more without the field\n", me);
            air[slot].state = unused; slot = NOTHING; goto create                           /* IssueRequest.drop */
        :: air[slot].state == lost || !calm -> printf("worker %d: no answer, or a 5xx\n", me); RELEASE
        fi
    OR_DIE;
settle:
    STEP                                                        /* SettleJobs, and the effects in the same transaction */
        if :: FENCE :: else -> printf("worker %d: its lease is gone; nothing is settled\n", me); forget(); goto idle fi;
        printf("worker %d: settles failure %d\n", me, j + 1);
        assert(HOLDS);                                          /* CLAIM: no settle by a stale fence */
        job[j].holder = (verdict == completed || verdict == counted -> ENDED : READY); job[j].silent = 0; LINEUP;
        if
        :: verdict == completed ->                              /* TicketOpened */
            assert(issues > 0);                                 /* CLAIM: an open row names an issue that exists */
            row[r].state = open; row[r].job = 0; CERTAIN; printf("worker %d: the ticket is open\n", me)
        :: verdict == refused && OURS -> CERTAIN                /* SendRefused */
        :: else
        fi;
        forget(); goto idle
    OR_DIE;
    atomic { goto dead;
dead:   printf("worker %d: KILLED, and started again\n", me);
        if :: HOLDS -> job[j].holder = GONE :: else fi;
        forget(); goto idle }
}

/* The network, Jira and its index. */
proctype Jira() {
    byte s;
end:
    do
    :: atomic {
        if :: air[0].state == going -> s = 0 :: air[1].state == going -> s = 1 :: air[2].state == going -> s = 2 fi;
        if
        :: issues++; air[s].state = created; printf("Jira: MADE issue %d\n", issues)
        :: !calm -> issues++; air[s].state = lost; printf("Jira: MADE issue %d; the answer is lost, or a 5xx\n", issues)
        :: !calm -> air[s].state = lost; printf("network: a create request is lost\n")
        :: !calm -> air[s].state = rejected; printf("Jira: refuses a create request\n")
        fi;
        assert(issues <= 1);                                    /* CLAIM: never two issues */
        air[s].left = 0; if :: !air[s].awaited -> air[s].state = unused :: else fi; s = 0 }
    :: atomic { indexed < issues -> indexed = issues; printf("Jira: the index catches up\n") }
    od
}

#define LANDED(n) (air[n].state != going || air[n].left > 0)
inline fly(n) { if :: air[n].state == going -> air[n].left-- :: else fi }
inline pass(n) {
    if :: LEASED(n) && job[n].silent < LEASE && (!calm || job[n].holder == GONE) -> job[n].silent++ :: else fi;
    if :: row[n].doubt && row[n].age < SETTLING -> row[n].age++ :: else fi
}
inline beat(n) {
    job[n].silent > 0 && job[n].holder <= WORKERS -> job[n].silent = 0; printf("worker %d: HEARTBEAT\n", job[n].holder)
}

/* Time and heartbeats. In calm weather no worker misses one, and none takes a tick from mark to socket. */
proctype Clock() {
end:
    do
    :: atomic { LANDED(0) && LANDED(1) && LANDED(2) && !(calm && hurrying > 0) ->
        pass(0); pass(1); fly(0); fly(1); fly(2); printf("a tick passes\n") }
    :: atomic { beat(0) }
    :: atomic { beat(1) }
#ifdef LIVE
    :: !calm -> calm = 1; printf("from here on nothing goes wrong\n")
#endif
    od
}

init {
    atomic {
        if :: JOBS == 1 -> job[1].holder = ENDED :: else fi;
        run Worker(1); run Worker(2);
#if WORKERS == 3
        run Worker(3);
#endif
        run Jira(); run Clock()
    }
}

#ifdef LIVE
#define DONE (job[0].holder == ENDED && job[1].holder == ENDED && issues == 1)
/* CLAIM: after the first calm moment, each job ends and an issue is there. Here stands what must not be. */
never {
    do :: !calm :: calm && !DONE -> break od;
accept:
    do :: !DONE od
}
#endif
