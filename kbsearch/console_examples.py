"""The ready queries of the console at /graphql: what each kind of person tries first. Data only; a test runs them all."""

from __future__ import annotations

from kbsearch.http.console.pages import ConsoleExample

EXAMPLES = (
    ConsoleExample(
        "座席：检索",
        """query Search($text: String!) {
  search(query: $text, first: 10) {
    totalCount
    tookMs
    facets { category { category { name } count } region { label count } }
    edges {
      node {
        tier
        version { number title script }
        snippet { text highlights { start end } }
        citation { text }
        knowledge { id status badges notice }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
        {"text": "话费"},
    ),
    ConsoleExample(
        "座席：联想、最新、最热",
        """query Suggest {
  suggest(text: "流量", first: 5) { title knowledgeId }
  newest(first: 5) { id title }
  mostRead(first: 5) { id title }
}""",
    ),
    ConsoleExample(
        "座席：知识页",
        """query Page($id: ID!) {
  knowledge(id: $id) {
    status
    notice
    badges
    currentVersion { number title body script keywords regions effectiveFrom effectiveTo }
    history { number title changeNote liveFrom }
    related(first: 3) { id title }
    citation { text }
  }
}""",
        {"id": "把检索结果里的 knowledge.id 粘到这里"},
    ),
    ConsoleExample(
        "座席：公告",
        """query MyAnnouncements {
  me { unread { announcements unsigned toReply notices } }
  myAnnouncements(first: 20) {
    edges {
      node {
        id title statusText badgeTexts notice mustRead effectiveTo
        issuer { name }
        myReceipt { stateText signAgain signedAt }
        currentVersion { contentHash body }
      }
    }
  }
}""",
    ),
    ConsoleExample(
        "座席：签收公告",
        """mutation Sign($input: SignAnnouncementInput!) {
  signAnnouncement(input: $input) {
    announcement { title myReceipt { stateText signedAt proof } }
    userErrors { code message field }
  }
}""",
        {"input": {"announcementId": "公告里的 id", "contentHash": "公告里 currentVersion 的 contentHash"}},
    ),
    ConsoleExample(
        "座席：提知识反馈",
        """mutation Feedback($input: GiveFeedbackInput!) {
  giveFeedback(input: $input) {
    feedback { id stateText dueAt }
    userErrors { code message field }
  }
}""",
        {"input": {"searchQuery": "没有搜到的词", "text": "客户问到而没有搜到，请补一条。"}},
    ),
    ConsoleExample(
        "座席：我的反馈、通知、收藏、读后有变",
        """query MyDesk {
  myFeedback(first: 10) { edges { node { title stateText resolutionLabel resolutionText } } }
  notices(unreadOnly: true, first: 20) { edges { node { id kindText title text nextStep createdAt } } }
  myFavourites(first: 10) { edges { node { knowledge { id title status } announcement { id title } } } }
  changedSinceLastRead(first: 10) { knowledge { id title notice } announcement { id title } }
  recentSearches(first: 5) { query at }
}""",
    ),
    ConsoleExample(
        "座席：订阅公告",
        """subscription Announcements {
  announcements { at actionText announcement { id title badgeTexts } }
}""",
    ),
    ConsoleExample(
        "作者：起草发布",
        """mutation Draft($input: DraftPublishInput!) {
  draftPublish(input: $input) {
    submission { id state lockVersion problems allowedActions }
    userErrors { code message field }
  }
}""",
        {
            "input": {
                "scope": "NATIONAL",
                "categoryId": "把 categories 里总部栏目的 id 粘到这里",
                "content": {"title": "测试口径", "body": "正文", "script": "您好，……"},
                "changeNote": "试用",
            }
        },
    ),
    ConsoleExample(
        "作者：我的申请",
        """query MyWork {
  me { roles person { name } }
  myWork(first: 20) {
    edges { node { id title kind state stateText round lockVersion allowedActions returns { reasonText reasonCodes } } }
  }
}""",
    ),
    ConsoleExample(
        "作者：起草公告",
        """mutation Announce($input: DraftAnnouncementInput!) {
  draftAnnouncement(input: $input) {
    submission { id state scope lockVersion problems allowedActions }
    userErrors { code message field }
  }
}""",
        {
            "input": {
                "content": {
                    "title": "测试公告",
                    "body": "正文",
                    "terms": {"audience": {"organisations": ["SECOND_LINE"]}, "mustRead": True},
                },
                "urgency": "NORMAL",
            }
        },
    ),
    ConsoleExample(
        "作者：待回复的公告",
        """query ToReply {
  myAnnouncements(filter: TO_REPLY, first: 20) {
    edges { node { id title replyDueAt badgeTexts replySubmissions { id stateText returns { reasonText } } } }
  }
}""",
    ),
    ConsoleExample(
        "审核：待办队列",
        """query Queue {
  reviewQueue(first: 20) {
    edges {
      node {
        id title kind scope state urgency dueAt overdue lockVersion submissionHash allowedActions
        author { name }
        differencesToBase { label before after }
      }
    }
  }
}""",
    ),
    ConsoleExample(
        "审核：通过并提交总部",
        """mutation Approve($input: ApproveSubmissionInput!) {
  approveSubmission(input: $input) {
    submission { id state stateText lockVersion }
    userErrors { code message field }
  }
}""",
        {"input": {"submissionId": "待办里的 id", "lockVersion": 2, "submissionHash": "待办里的 submissionHash", "andSubmit": True}},
    ),
    ConsoleExample(
        "审核：知识反馈",
        """query FeedbackQueue {
  feedbackQueue(first: 20) {
    edges {
      node {
        id title text opinion provinceName stateText urgency dueAt overdue lockVersion allowedActions
        submission { id stateText }
      }
    }
  }
  feedbackStatistics { total byState { label count } }
}""",
    ),
    ConsoleExample(
        "审核：总部公告的发布与签收",
        """query Announcements {
  receivedAnnouncements(first: 20) {
    edges { node { id title statusText lockVersion allowedActions receiptSummary { total pending read signed } } }
  }
  issuedAnnouncements(first: 20) {
    edges { node { id title statusText scope replies { organisation { name } content { body } } } }
  }
}""",
    ),
    ConsoleExample(
        "审核：订阅通知",
        """subscription Notices {
  notices { notice { kindText title text nextStep } }
}""",
    ),
    ConsoleExample(
        "运维：发件箱、收件箱、索引",
        """query Operate {
  indexState { destination documents expected pending fresh reason }
  destinations { name failingSince lastError }
  outbox(first: 10) { edges { node { id kind status attempts lastError } } }
  inbox(first: 10) { edges { node { id kind status reason } } }
  alarms { edges { node { kind message raisedAt } } }
}""",
    ),
)
