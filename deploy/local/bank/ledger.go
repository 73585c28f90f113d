package bank

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"go.etcd.io/bbolt"
)

// ledger is one transaction on the books, at one moment.
type ledger struct {
	tx  *bbolt.Tx
	now time.Time
}

// record is a transfer as the books hold it. A zero Number means none.
type record struct {
	Number    uint64
	Order     Order
	Transfer  Transfer
	Twice     bool // its clearing is called back twice
	Returning bool // its return is due, or done
}

// line is an entry with the totals of all entries up to and with it, so that
// the totals of a period are a subtraction.
type line struct {
	Entry
	Running Totals
}

// act is what the bank will do with a transfer at a later time.
type act struct {
	Number uint64
	Kind   Kind // Credit: clear it; Return: send it back
	Reason string
}

// outcome of a submit: the transfer, or the fields that differ when the
// reference already means another one; and how the answer is spoilt.
type outcome struct {
	Transfer Transfer
	Differs  map[string]string
	Fault    fault
	Refuse   Refusal // with failBefore
}

func (l ledger) record(n uint64) (record, error) {
	rec, found, err := get[record](l.tx.Bucket(transferBucket), numberKey(n))
	if err == nil && !found {
		err = fmt.Errorf("transfer number %d is missing from the books", n)
	}
	return rec, err
}

func (l ledger) save(rec record) error {
	return put(l.tx.Bucket(transferBucket), numberKey(rec.Number), rec)
}

// find returns the transfer with this reference, or a zero record.
func (l ledger) find(reference string) (record, error) {
	n, found, err := get[uint64](l.tx.Bucket(referenceBucket), []byte(reference))
	if err != nil || !found {
		return record{}, err
	}
	return l.record(n)
}

// hear notes that the bank has heard of a reference, once.
func (l ledger) hear(reference string) error {
	heard := l.tx.Bucket(heardBucket)
	if heard.Get([]byte(reference)) != nil {
		return nil
	}
	return put(heard, []byte(reference), l.now)
}

func (l ledger) submit(o Order) (out outcome, err error) {
	s, err := l.switches()
	if err != nil {
		return out, err
	}
	faults := &s.Faults
	hit := faults.Matches.hit(o.Reference, o.PayeeAccount)
	if before := faults.before(hit); before != nil {
		if err := l.hear(o.Reference); err != nil {
			return out, err
		}
		return outcome{Fault: failBefore, Refuse: *before}, l.saveSwitches(s)
	}
	rec, err := l.find(o.Reference)
	if err != nil {
		return out, err
	}
	var spent bool
	if rec.Number == 0 {
		spent = hit && take(&faults.AnswerTwice)
		if rec, err = l.execute(o, s, spent); err != nil {
			return out, err
		}
	} else if differs := rec.Order.differs(o); len(differs) > 0 {
		return outcome{Differs: differs}, nil
	}
	out.Transfer = faults.said(rec)
	switch {
	case hit && take(&faults.FailAfter):
		out.Fault, spent = cutAfter, true
	case hit && take(&faults.Hang):
		out.Fault, spent = hangAfter, true
	}
	if spent {
		err = l.saveSwitches(s)
	}
	return out, err
}

// execute books a new transfer: cleared at once, accepted for later when it is
// above the real-time ceiling, or rejected.
func (l ledger) execute(o Order, s switches, twice bool) (record, error) {
	number, err := l.tx.Bucket(transferBucket).NextSequence()
	if err != nil {
		return record{}, err
	}
	rec := record{
		Number: number,
		Order:  o,
		Twice:  twice,
		Transfer: Transfer{
			Reference:    o.Reference,
			BankID:       bankID("T", l.now, number),
			Status:       Accepted,
			AmountFen:    o.AmountFen,
			Currency:     o.Currency,
			PayeeName:    o.PayeeName,
			PayeeAccount: o.PayeeAccount,
			ReceivedAt:   l.now,
		},
	}
	switch {
	case s.Settings.closed(o.PayeeAccount):
		rec.Transfer.Status, rec.Transfer.Code, rec.Transfer.Reason = Rejected, codeClosed, "account closed"
	case o.AmountFen > s.Settings.CeilingFen:
		err = enqueue(l.tx.Bucket(dueBucket), l.now.Add(s.Settings.clearing()), act{Number: number, Kind: Credit})
	default:
		err = l.clear(&rec, s, l.now)
	}
	if err != nil {
		return rec, err
	}
	if err := l.tx.Bucket(heardBucket).Delete([]byte(o.Reference)); err != nil {
		return rec, err
	}
	if err := put(l.tx.Bucket(referenceBucket), []byte(o.Reference), number); err != nil {
		return rec, err
	}
	return rec, l.save(rec)
}

// clear writes the one credit of a transfer. The caller saves rec.
func (l ledger) clear(rec *record, s switches, at time.Time) error {
	t := &rec.Transfer
	e, err := l.write(Entry{Kind: Credit, BankID: t.BankID, Reference: t.Reference, AmountFen: t.AmountFen, PayeeAccount: mask(t.PayeeAccount), At: at})
	if err != nil {
		return err
	}
	t.Status, t.ExecutedAt = Cleared, e.At
	for _, r := range s.Faults.ReturnLater {
		if r.hit(rec.Order) {
			if err := l.returnAt(rec, r, e.At); err != nil {
				return err
			}
			break
		}
	}
	posts := 1
	if rec.Twice {
		posts = 2
	}
	return l.tell(s, Event{EventID: t.BankID + "-cleared", OccurredAt: e.At, Transfer: *t}, posts)
}

// returnAt makes the return of a cleared transfer due, not before earliest.
// The caller saves rec.
func (l ledger) returnAt(rec *record, r ReturnRule, earliest time.Time) error {
	at := rec.Transfer.ExecutedAt.Add(milliseconds(r.AfterMS))
	if at.Before(earliest) {
		at = earliest
	}
	rec.Returning = true
	return enqueue(l.tx.Bucket(dueBucket), at, act{Number: rec.Number, Kind: Return, Reason: r.reason()})
}

// sendBack writes the one return of a transfer. The caller saves rec.
func (l ledger) sendBack(rec *record, s switches, at time.Time, reason string) error {
	number, err := l.tx.Bucket(transferBucket).NextSequence()
	if err != nil {
		return err
	}
	t := &rec.Transfer
	e, err := l.write(Entry{
		Kind: Return, BankID: bankID("R", at, number), ReturnOf: t.BankID, Reference: t.Reference,
		AmountFen: t.AmountFen, PayeeAccount: mask(t.PayeeAccount), At: at, Reason: reason,
	})
	if err != nil {
		return err
	}
	t.Status, t.ReturnedAt, t.ReturnID, t.Code, t.Reason = Returned, e.At, e.BankID, codeReturned, reason
	return l.tell(s, Event{EventID: t.BankID + "-returned", OccurredAt: e.At, Transfer: *t}, 1)
}

// settle does what is due, in the order of its time. A delay of zero may make
// more due on the way.
func (l ledger) settle() error {
	s, err := l.switches()
	if err != nil {
		return err
	}
	due := l.tx.Bucket(dueBucket)
	for {
		k, raw := due.Cursor().First()
		if k == nil || keyTime(k).After(l.now) {
			return nil
		}
		at := keyTime(k)
		var a act
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("decode what is due: %w", err)
		}
		if err := due.Delete(bytes.Clone(k)); err != nil {
			return err
		}
		rec, err := l.record(a.Number)
		if err != nil {
			return err
		}
		switch a.Kind {
		case Credit:
			err = l.clear(&rec, s, at)
		case Return:
			err = l.sendBack(&rec, s, at, a.Reason)
		}
		if err != nil {
			return err
		}
		if err := l.save(rec); err != nil {
			return err
		}
	}
}

// write appends e to the statement with its number, and a time that is not
// before the entry above.
func (l ledger) write(e Entry) (Entry, error) {
	lines := l.tx.Bucket(lineBucket)
	var above line
	if _, raw := lines.Cursor().Last(); raw != nil {
		if err := json.Unmarshal(raw, &above); err != nil {
			return e, fmt.Errorf("decode the last entry: %w", err)
		}
	}
	e.Seq = above.Seq + 1
	if e.At.Before(above.At) {
		e.At = above.At
	}
	return e, put(lines, numberKey(e.Seq), line{e, above.Running.plus(e)})
}

// period is a part of the statement: from ≤ time < to, where zero is open.
type period struct{ From, To time.Time }

// statement returns up to limit entries of p with a number above after, the
// totals of all of p, and whether entries follow.
func (l ledger) statement(p period, after uint64, limit int) (entries []Entry, totals Totals, more bool, err error) {
	lines := l.tx.Bucket(lineBucket)
	var last uint64
	if k, _ := lines.Cursor().Last(); k != nil {
		last = keyNumber(k)
	}
	at := func(seq uint64) line { // zero for seq 0
		ln, _, failed := get[line](lines, numberKey(seq))
		if failed != nil {
			err = failed
		}
		return ln
	}
	before := func(t time.Time) uint64 { // entries earlier than t
		return uint64(sort.Search(int(last), func(i int) bool { return !at(uint64(i) + 1).At.Before(t) }))
	}
	first, end := uint64(0), last // entries first+1 to end
	if !p.From.IsZero() {
		first = before(p.From)
	}
	if !p.To.IsZero() {
		end = max(first, before(p.To))
	}
	totals = at(end).Running.minus(at(first).Running)
	entries = []Entry{}
	seq := max(first, after) + 1
	for ; seq <= end && len(entries) < limit; seq++ {
		entries = append(entries, at(seq).Entry)
	}
	return entries, totals, seq <= end, err
}

// bankID is a number as banks print it: the kind, the day in China, a number.
func bankID(kind string, at time.Time, number uint64) string {
	return fmt.Sprintf("%s%s%010d", kind, at.In(china).Format("20060102"), number)
}
