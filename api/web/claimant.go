package web

// claimantRoutes are the pages of claimants: to report a loss, and all that a
// claim asks of them.
func (s *Site) claimantRoutes(handle func(pattern string, of audience, do page)) {
	handle("GET /report", claimants, report)
	handle("POST /report", claimants, reportPhone)
	handle("GET /report/{step}", claimants, reportStep)
	handle("POST /report/{step}", claimants, keepStep)
	handle("POST /report/check", claimants, sendReport)
	handle("POST /report/discard", claimants, discardReport)
	handle("GET /c/{claim}/sent", claimants, sentPage)
}
