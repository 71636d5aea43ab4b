//! The API's error codes.

crate::open_enum! {
    /// The API's stable name for what went wrong.
    pub enum ErrorCode {
        /// 400: a parameter has the wrong form, or the body fails its schema.
        InvalidParameter = "invalid_parameter",
        /// 400: a parameter is missing, often `mailbox_id`.
        MissingParameter = "missing_parameter",
        /// 401: no valid credential.
        AuthenticationRequired = "authentication_required",
        /// 402: the balance does not cover the mail.
        InsufficientCredits = "insufficient_credits",
        /// 403: the credential lacks a permission, or is for another surface.
        InsufficientPermissions = "insufficient_permissions",
        /// 403: the team may not send.
        BillingRestricted = "billing_restricted",
        /// 404: absent, or another team's.
        NotFound = "not_found",
        /// 409: the resource's state forbids it, or `If-Match` did not match.
        Conflict = "conflict",
        /// 409: the team may have no more of these.
        LimitExceeded = "limit_exceeded",
        /// 409: the key was used with another body, or its first request still runs.
        IdempotencyConflict = "idempotency_conflict",
        /// 413: the body is too large.
        PayloadTooLarge = "payload_too_large",
        /// 422: the body breaks a rule.
        ValidationError = "validation_error",
        /// 429: the rate limit's window is used up.
        RateLimitExceeded = "rate_limit_exceeded",
        /// 429: the plan's recipients of the day are used up.
        DailyLimitExceeded = "daily_limit_exceeded",
        /// 500: a failure of the server.
        InternalError = "internal_error",
        /// 503: the service is down for now.
        ServiceUnavailable = "service_unavailable",
        /// 503: no sending account is active.
        NoActiveProviders = "no_active_providers",
    }
}
