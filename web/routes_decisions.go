package web

// decisionRoutes are the pages about decisions and what follows from them: who collects,
// what hangs out, the month's calendar, one-off programmes.
func (s *Server) decisionRoutes() []route {
	money := only(clerk, accountant, chairman, auditor)
	return []route{
		{"GET", "/decisions", money, s.decisions},
		{"GET", "/decisions/new", only(clerk), s.decisionForm},
		{"POST", "/decisions", only(clerk), s.draftDecision},
		{"GET", "/decisions/{id}", money, s.decision},
		{"GET", "/decisions/{id}/print", money, s.printDecision},
		{"POST", "/decisions/{id}/confirm", only(chairman), s.confirmDecision},
		{"POST", "/decisions/{id}/refuse", only(clerk, chairman), s.refuseDecision},
		{"GET", "/payees", money, s.payees},
		{"GET", "/payees/new", only(clerk), s.payeeForm},
		{"POST", "/payees", only(clerk), s.proposePayee},
		{"POST", "/payees/{id}", only(clerk, accountant, chairman), s.decidePayee},
		{"GET", "/public-lists", money, s.publicLists},
		{"POST", "/public-lists", only(clerk), s.postList},
		{"GET", "/public-lists/{id}", money, s.publicList},
		{"GET", "/public-lists/{id}/print", money, s.printPublicList},
		{"POST", "/public-lists/{id}/objections", only(clerk), s.takeObjection},
		{"POST", "/public-lists/{id}/answers", only(clerk, chairman), s.answerObjection},
		{"GET", "/calendar", money, s.calendar},
		{"GET", "/programmes", money, s.programmes},
		{"GET", "/programmes/{code}", money, s.programme},
		{"POST", "/programmes/{code}/confirm", only(chairman), s.confirmProgramme},
	}
}
