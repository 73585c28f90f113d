package claim

// LimitationEnds returns the last day on which what is payable can be claimed
// in court (诉讼时效): two years from the day on which the insured knew of the
// event or should have (Insurance Law art. 26(1)). That day is not counted
// (Civil Code art. 201(1)), so the period ends on the same day of the month two
// years on, or on the month's last where it has none (art. 202). A day of rest
// at the end moves it (art. 203) in years whose holidays nobody knows yet; it
// is not counted on, so that nobody is told of a later day than the law's.
func LimitationEnds(known Date) Date {
	end := Date{known.Year + 2, known.Month, known.Day}
	if last := (Date{end.Year, end.Month + 1, 1}).AddDays(-1); end.Day > last.Day {
		return last
	}
	return end
}
