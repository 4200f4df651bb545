// Made of openapi.json by `npm run types`. Change the server, not this file.

export interface paths {
    "/api/classes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Classes
         * @description List the classes that one is in or teaches, the newest first.
         */
        get: operations["classes_api_classes_get"];
        put?: never;
        /**
         * New Class
         * @description Begin a class.
         */
        post: operations["new_class_api_classes_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One Class
         * @description Show a class.
         */
        get: operations["one_class_api_classes__course_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Class
         * @description Change a class; one that has ended takes no new sessions.
         */
        patch: operations["change_class_api_classes__course_id__patch"];
        trace?: never;
    };
    "/api/classes/{course_id}/badges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Badges
         * @description Give all learners of a class new pins and QR codes, to print on one sheet.
         */
        post: operations["new_badges_api_classes__course_id__badges_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/learners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Learners
         * @description Add learners by their names; each gets a random id for their recordings.
         */
        post: operations["new_learners_api_classes__course_id__learners_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Member
         * @description Add somebody who is known: to an instructor, from their other classes; to an admin, all.
         */
        post: operations["new_member_api_classes__course_id__members_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/members/{person_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Leave
         * @description Take somebody out of a class; their sessions stay in it, and a last instructor does, too.
         */
        delete: operations["leave_api_classes__course_id__members__person_id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/members/{person_id}/badge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Badge
         * @description Give a learner a new pin and QR code; the ones before are void.
         */
        post: operations["new_badge_api_classes__course_id__members__person_id__badge_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Me
         * @description Tell who is signed in.
         */
        get: operations["me_api_me_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change Password
         * @description Change one's own password; all other logins end.
         */
        post: operations["change_password_api_me_password_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is Open
         * @description Tell whether the first admin is still to be made.
         */
        get: operations["is_open_api_open_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * People
         * @description List whom one may see, by name.
         */
        get: operations["people_api_people_get"];
        put?: never;
        /**
         * New Person
         * @description Add somebody; an instructor adds learners to their class instead.
         */
        post: operations["new_person_api_people_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Person
         * @description Show one person that one may see.
         */
        get: operations["person_api_people__person_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Person
         * @description Change somebody; the last admin stays one.
         */
        patch: operations["change_person_api_people__person_id__patch"];
        trace?: never;
    };
    "/api/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sessions
         * @description List the sessions that one may see.
         */
        get: operations["sessions_api_sessions_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One Session
         * @description Show one session.
         */
        get: operations["one_session_api_sessions__session_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Assign
         * @description Give a session to a class that one teaches, or to a learner of it.
         */
        patch: operations["assign_api_sessions__session_id__patch"];
        trace?: never;
    };
    "/api/sessions/{session_id}/analysis": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Analysis
         * @description Give an analysis (``mrcpr.analysis/2``), to the last digit as it was computed.
         */
        get: operations["analysis_api_sessions__session_id__analysis_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set Up
         * @description Make the first admin, by the code that the server printed when it started.
         */
        post: operations["set_up_api_setup_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign In
         * @description Sign in by name and password.
         */
        post: operations["sign_in_api_sign_in_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in/badge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign In By Badge
         * @description Sign in by a badge's QR code.
         */
        post: operations["sign_in_by_badge_api_sign_in_badge_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in/pin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign In By Pin
         * @description Sign in by a pin within a class.
         */
        post: operations["sign_in_by_pin_api_sign_in_pin_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign Out
         * @description End this login.
         */
        post: operations["sign_out_api_sign_out_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Offer
         * @description Offer a recording; the answer says from which byte on it is to be sent.
         */
        post: operations["offer_api_uploads_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads/{upload_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Progress
         * @description Tell how far an upload is.
         */
        get: operations["progress_api_uploads__upload_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Append
         * @description Send a piece: its bytes are the body. The last one, or an empty one, ends the upload.
         */
        patch: operations["append_api_uploads__upload_id__patch"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Assignment
         * @description Whose session it is, and of which class.
         */
        Assignment: {
            /** Course Id */
            course_id?: string | null;
            /** Person Id */
            person_id?: string | null;
        };
        /**
         * BadgeOut
         * @description A learner's pin and QR code, shown this once.
         */
        BadgeOut: {
            person: components["schemas"]["PersonRow"];
            /** Pin */
            pin: string;
            /** Qr */
            qr: string;
            /** Url */
            url: string;
        };
        /**
         * ClassChange
         * @description What is to be otherwise; what is left out stays.
         */
        ClassChange: {
            /** Ended */
            ended?: boolean | null;
            /** Goal Compressions */
            goal_compressions?: number | null;
            /** Guideline */
            guideline?: string | null;
            mode?: components["schemas"]["Mode"] | null;
            /** Race */
            race?: boolean | null;
            /** Title */
            title?: string | null;
        };
        /**
         * ClassPage
         * @description A class with its people; a learner sees the instructors only.
         */
        ClassPage: {
            /**
             * Created Utc
             * Format: date-time
             */
            created_utc: string;
            /** Ended Utc */
            ended_utc: string | null;
            /** Goal Compressions */
            goal_compressions: number | null;
            /** Guideline */
            guideline: string;
            /** Id */
            id: string;
            /** Instructors */
            instructors: components["schemas"]["PersonRow"][];
            /** Learners */
            learners: components["schemas"]["PersonRow"][];
            /** Mine */
            mine: boolean;
            mode: components["schemas"]["Mode"];
            /** N Learners */
            n_learners: number;
            /** Race */
            race: boolean;
            /** Title */
            title: string;
        };
        /**
         * ClassRow
         * @description One class in a list.
         */
        ClassRow: {
            /**
             * Created Utc
             * Format: date-time
             */
            created_utc: string;
            /** Ended Utc */
            ended_utc: string | null;
            /** Goal Compressions */
            goal_compressions: number | null;
            /** Guideline */
            guideline: string;
            /** Id */
            id: string;
            /** Mine */
            mine: boolean;
            mode: components["schemas"]["Mode"];
            /** N Learners */
            n_learners: number;
            /** Race */
            race: boolean;
            /** Title */
            title: string;
        };
        /**
         * Mode
         * @description How compressions and breaths are meant to alternate.
         * @enum {string}
         */
        Mode: "hands-only" | "30:2" | "15:2" | "continuous" | "ventilation-only";
        /**
         * NewClass
         * @description A class to begin; who begins it teaches it.
         */
        NewClass: {
            /**
             * Guideline
             * @default aha-2025-adult-bls
             */
            guideline: string;
            /** @default hands-only */
            mode: components["schemas"]["Mode"];
            /** Title */
            title: string;
        };
        /**
         * NewLearners
         * @description Learners to add by their names: one a line of a list.
         */
        NewLearners: {
            /** Names */
            names: string[];
        };
        /**
         * NewMember
         * @description Somebody who is known already.
         */
        NewMember: {
            /** Person Id */
            person_id: string;
            /**
             * Role
             * @default learner
             * @enum {string}
             */
            role: "instructor" | "learner";
        };
        /**
         * NewPassword
         * @description A change of one's own password.
         */
        NewPassword: {
            /** New */
            new: string;
            /** Old */
            old: string;
        };
        /**
         * NewPerson
         * @description Somebody to add; without a password they sign in by pin or badge only.
         */
        NewPerson: {
            /** Name */
            name: string;
            /** Password */
            password?: string | null;
            /**
             * Role
             * @default learner
             * @enum {string}
             */
            role: "learner" | "instructor" | "technician" | "admin";
            /** Sign In Name */
            sign_in_name?: string | null;
        };
        /**
         * OfferIn
         * @description A recording that somebody wants to send.
         */
        OfferIn: {
            /** Course Id */
            course_id?: string | null;
            /** Name */
            name: string;
            /** Sha256 */
            sha256: string;
            /** Signature */
            signature?: string | null;
            /** Size Bytes */
            size_bytes: number;
        };
        /**
         * Open
         * @description What a browser may know before anybody signs in.
         */
        Open: {
            /** Disclaimer */
            disclaimer: string;
            /** Needs Setup */
            needs_setup: boolean;
            /** Software */
            software: string;
        };
        /**
         * People
         * @description A page of people, by name.
         */
        People: {
            /** Rows */
            rows: components["schemas"]["PersonRow"][];
            /** Total */
            total: number;
        };
        /**
         * PersonChange
         * @description What is to be otherwise; what is left out stays.
         */
        PersonChange: {
            /** Disabled */
            disabled?: boolean | null;
            /** Name */
            name?: string | null;
            /** Password */
            password?: string | null;
            /** Role */
            role?: ("learner" | "instructor" | "technician" | "admin") | null;
        };
        /**
         * PersonRow
         * @description One person in a list.
         */
        PersonRow: {
            /** Disabled */
            disabled: boolean;
            /** Id */
            id: string;
            /** Learner Id */
            learner_id: string | null;
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "learner" | "instructor" | "technician" | "admin";
            /** Sign In Name */
            sign_in_name: string | null;
        };
        /**
         * Problem
         * @description An answer that is a no.
         */
        Problem: {
            /** Code */
            code: string;
            /** Error */
            error: string;
        };
        /**
         * SessionPage
         * @description One session, and what who asks may do with it.
         */
        SessionPage: {
            /** Analysed Utc */
            analysed_utc: string | null;
            /** Analysis Id */
            analysis_id: string | null;
            /** Attempt */
            attempt: string;
            /** Ccf Pct */
            ccf_pct: number | null;
            /** Course */
            course: string | null;
            /** Course Id */
            course_id: string | null;
            /** Depth In Target Pct */
            depth_in_target_pct: number | null;
            /** Duration S */
            duration_s: number | null;
            /** Edited */
            edited: boolean;
            /** Guideline Id */
            guideline_id: string;
            /** Id */
            id: string;
            /** Items */
            items: {
                [key: string]: (number | null)[];
            };
            /** Kind */
            kind: string;
            /** Learner Id */
            learner_id: string;
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** May Judge */
            may_judge: boolean;
            /** Mean Depth Mm */
            mean_depth_mm: number | null;
            /** Mean Rate Cpm */
            mean_rate_cpm: number | null;
            /** Mine */
            mine: boolean;
            /** Mode */
            mode: string;
            /** N Compressions */
            n_compressions: number | null;
            /** Name */
            name: string | null;
            /** Person Id */
            person_id: string | null;
            /** Rate In Target Pct */
            rate_in_target_pct: number | null;
            /**
             * Received Utc
             * Format: date-time
             */
            received_utc: string;
            /** Recording Id */
            recording_id: string;
            /** Release In Target Pct */
            release_in_target_pct: number | null;
            /** Rig */
            rig: string | null;
            /** Rig Id */
            rig_id: string | null;
            /** Score High Pct */
            score_high_pct: number | null;
            /** Score Low Pct */
            score_low_pct: number | null;
            /** Score Pct */
            score_pct: number | null;
            /** Sha256 */
            sha256: string;
            /** Signed */
            signed: boolean;
            /** Size Bytes */
            size_bytes: number;
            /** Software */
            software: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "ready" | "failed";
            /** Storage Level */
            storage_level: number;
            /** Why Failed */
            why_failed: string;
            /** Why Incomplete */
            why_incomplete: string;
        };
        /**
         * SessionRow
         * @description One session in a list; what is not known is null.
         */
        SessionRow: {
            /** Attempt */
            attempt: string;
            /** Ccf Pct */
            ccf_pct: number | null;
            /** Course */
            course: string | null;
            /** Course Id */
            course_id: string | null;
            /** Depth In Target Pct */
            depth_in_target_pct: number | null;
            /** Duration S */
            duration_s: number | null;
            /** Edited */
            edited: boolean;
            /** Guideline Id */
            guideline_id: string;
            /** Id */
            id: string;
            /** Items */
            items: {
                [key: string]: (number | null)[];
            };
            /** Kind */
            kind: string;
            /** Learner Id */
            learner_id: string;
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** Mean Depth Mm */
            mean_depth_mm: number | null;
            /** Mean Rate Cpm */
            mean_rate_cpm: number | null;
            /** Mode */
            mode: string;
            /** N Compressions */
            n_compressions: number | null;
            /** Name */
            name: string | null;
            /** Person Id */
            person_id: string | null;
            /** Rate In Target Pct */
            rate_in_target_pct: number | null;
            /** Recording Id */
            recording_id: string;
            /** Release In Target Pct */
            release_in_target_pct: number | null;
            /** Rig */
            rig: string | null;
            /** Rig Id */
            rig_id: string | null;
            /** Score High Pct */
            score_high_pct: number | null;
            /** Score Low Pct */
            score_low_pct: number | null;
            /** Score Pct */
            score_pct: number | null;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "ready" | "failed";
            /** Storage Level */
            storage_level: number;
            /** Why Failed */
            why_failed: string;
            /** Why Incomplete */
            why_incomplete: string;
        };
        /**
         * Sessions
         * @description A page of the catalogue.
         */
        Sessions: {
            /** Rows */
            rows: components["schemas"]["SessionRow"][];
            /** Total */
            total: number;
        };
        /**
         * SetUp
         * @description The first admin.
         */
        SetUp: {
            /** Code */
            code: string;
            /** Name */
            name: string;
            /** Password */
            password: string;
            /** Sign In Name */
            sign_in_name: string;
        };
        /**
         * SignIn
         * @description By name and password.
         */
        SignIn: {
            /** Password */
            password: string;
            /** Sign In Name */
            sign_in_name: string;
        };
        /**
         * SignInByBadge
         * @description By the token in a QR code.
         */
        SignInByBadge: {
            /** Token */
            token: string;
        };
        /**
         * SignInByPin
         * @description By a pin in a class, at a rig.
         */
        SignInByPin: {
            /** Course Id */
            course_id: string;
            /** Pin */
            pin: string;
        };
        /**
         * UploadOut
         * @description How far an upload is.
         */
        UploadOut: {
            /** Offset */
            offset: number;
            /** Session Id */
            session_id: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "open" | "done" | "refused";
            /** Upload Id */
            upload_id: string;
            /** Why Refused */
            why_refused: string;
        };
        /**
         * WhoAmI
         * @description Who is signed in, and the token that the page sends with what changes something.
         */
        WhoAmI: {
            /** By */
            by: string;
            /** Csrf */
            csrf: string;
            /** Learner Id */
            learner_id: string | null;
            /** Name */
            name: string;
            /** Person Id */
            person_id: string;
            /**
             * Role
             * @enum {string}
             */
            role: "learner" | "instructor" | "technician" | "admin";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    classes_api_classes_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_class_api_classes_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewClass"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    one_class_api_classes__course_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_class_api_classes__course_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClassChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_badges_api_classes__course_id__badges_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BadgeOut"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_learners_api_classes__course_id__learners_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLearners"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_member_api_classes__course_id__members_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMember"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    leave_api_classes__course_id__members__person_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_badge_api_classes__course_id__members__person_id__badge_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BadgeOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me_api_me_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_password_api_me_password_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPassword"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    is_open_api_open_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Open"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    people_api_people_get: {
        parameters: {
            query?: {
                q?: string;
                role?: ("learner" | "instructor" | "technician" | "admin") | null;
                start?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["People"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_person_api_people_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPerson"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    person_api_people__person_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_person_api_people__person_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sessions_api_sessions_get: {
        parameters: {
            query?: {
                learner?: string | null;
                course?: string | null;
                rig?: string | null;
                attempt?: ("cold" | "practice" | "retest" | "assessment") | null;
                mode?: string | null;
                state?: ("waiting" | "ready" | "failed") | null;
                since?: string | null;
                until?: string | null;
                order?: "newest" | "oldest" | "best" | "worst";
                start?: number;
                count?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sessions"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    one_session_api_sessions__session_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    assign_api_sessions__session_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Assignment"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analysis_api_sessions__session_id__analysis_get: {
        parameters: {
            query?: {
                analysis_id?: string | null;
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_up_api_setup_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetUp"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_api_sign_in_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_by_badge_api_sign_in_badge_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInByBadge"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_by_pin_api_sign_in_pin_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInByPin"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out_api_sign_out_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    offer_api_uploads_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfferIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    progress_api_uploads__upload_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    append_api_uploads__upload_id__patch: {
        parameters: {
            query?: never;
            header: {
                "upload-offset": number;
            };
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
