//! Whose database it is, what a start would do to it, and what will differ from the deployed
//! service.

use time::format_description::well_known::Rfc3339;
use users_domain::model::Timestamp;

use super::Finding;
use crate::config::Config;
use crate::wiring::store::{AccountCounts, DatabaseOwner, Survey};

/// What an operator should know of a database that may be, or have been, the deployed service's.
pub(super) fn finding(config: &Config, survey: &Survey) -> Finding {
    if let Some(reason) = &survey.refusal {
        return Finding::Wrong(reason.clone());
    }
    let mut said = vec![whose(survey)];
    let from_deployed = match &survey.adopted {
        Some((_, found)) => found != "empty",
        None => matches!(survey.owner, DatabaseOwner::Deployed(_)),
    };
    let mut doubts = survey.warnings.clone();
    doubts.extend(missing(survey));
    if from_deployed {
        doubts.extend(config.differs_from_deployed().map(str::to_owned));
        doubts.extend(counted(&survey.counts));
    }
    let is_well = doubts.is_empty();
    said.extend(doubts);
    let text = said.join("; ");
    if is_well {
        Finding::Well(text)
    } else {
        Finding::Doubtful(text)
    }
}

fn whose(survey: &Survey) -> String {
    let at = |moment: &Timestamp| moment.format(&Rfc3339).unwrap_or_default();
    let whose = match (&survey.owner, &survey.adopted) {
        (DatabaseOwner::Nobody, _) => "the database is empty".to_owned(),
        (DatabaseOwner::Deployed(id), _) => format!(
            "the database is the deployed service's, at {}; it can be taken over",
            id.as_deref()
                .unwrap_or("a change that it lost the record of")
        ),
        (_, Some((moment, found))) if found == "empty" => format!("made here {}", at(moment)),
        (_, Some((moment, found))) => {
            format!(
                "taken over from the deployed service {} at {found}",
                at(moment)
            )
        }
        (_, None) => "the database is this program's".to_owned(),
    };
    if survey.indexes.is_empty()
        || survey.owner == DatabaseOwner::Nobody
        || missing(survey).is_some()
    {
        whose
    } else {
        let indexes = survey.indexes.join(", ");
        format!("{whose}; to be built while requests are served: {indexes}")
    }
}

/// Whether a database that is in use lacks indexes, as after an import that was killed.
fn missing(survey: &Survey) -> Option<String> {
    let is_in_use = survey.owner == DatabaseOwner::Ours
        && survey.steps.is_empty()
        && survey.counts.accounts != Some(0);
    let is_work = is_in_use && !survey.indexes.is_empty();
    is_work.then(|| {
        format!(
            "indexes are missing, without which lists, searches and changes may be slow; a service that \
             runs builds them within minutes, and `magistrala-users migrate` at once: {}",
            survey.indexes.join(", ")
        )
    })
}

/// What is worth a sentence.
fn counted(counts: &AccountCounts) -> Vec<String> {
    let differences = [
        (
            counts.outdated_hashes,
            "with a password hash of another format or cost, which their next login replaces",
        ),
        (
            counts.email_twins,
            "whose e-mail address is another's but for its case, who log in with the exact \
             spelling only",
        ),
        (
            counts.username_twins,
            "whose username is another's but for its case, who log in with the exact spelling only",
        ),
        (
            counts.unreadable,
            "that the deployed service cannot read, alone or in its lists, and that are served \
             here",
        ),
        (
            counts.since_adoption,
            "made since the take-over, of which the deployed service lets those made here in only \
             once the platform has their relations",
        ),
    ];
    let mut said: Vec<String> = differences
        .iter()
        .filter_map(|(count, what)| Some((count.filter(|count| *count > 0)?, what)))
        .map(|(count, what)| format!("accounts {what}: {count}"))
        .collect();
    if counts.accounts.is_none() {
        said.push("accounts were not counted: that takes too long, or must wait".to_owned());
    }
    said
}

#[cfg(test)]
mod tests;
