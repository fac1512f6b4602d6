//! Numbers that parts of the program keep themselves and that are read whenever somebody scrapes.

use std::sync::{Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, Registry};

/// A number, its name and meaning, and how to read it.
pub struct Sample {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    read: Box<dyn Fn() -> u64 + Send + Sync>,
}

enum Kind {
    Gauge,
    Counter,
}

impl Sample {
    /// A number that goes up and down.
    pub fn gauge(
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            help,
            kind: Kind::Gauge,
            read: Box::new(read),
        }
    }

    /// A number that only grows while the process lives; its name ends in `_total`.
    pub fn counter(
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind: Kind::Counter,
            ..Self::gauge(name, help, read)
        }
    }
}

/// Registers samples; fails if a name is taken.
pub fn register(registry: &Registry, samples: Vec<Sample>) -> Result<(), prometheus::Error> {
    for sample in samples {
        registry.register(Box::new(Sampled::new(sample)?))?;
    }
    Ok(())
}

struct Sampled {
    shown: Shown,
    read: Box<dyn Fn() -> u64 + Send + Sync>,
    /// Setting and showing belong together; two scrapes at once would mix theirs.
    one_at_a_time: Mutex<()>,
}

enum Shown {
    Gauge(Gauge),
    Counter(Counter),
}

impl Sampled {
    fn new(sample: Sample) -> Result<Self, prometheus::Error> {
        let shown = match sample.kind {
            Kind::Gauge => Shown::Gauge(Gauge::new(sample.name, sample.help)?),
            Kind::Counter => Shown::Counter(Counter::new(sample.name, sample.help)?),
        };
        Ok(Self {
            shown,
            read: sample.read,
            one_at_a_time: Mutex::new(()),
        })
    }
}

impl Collector for Sampled {
    fn desc(&self) -> Vec<&Desc> {
        match &self.shown {
            Shown::Gauge(gauge) => gauge.desc(),
            Shown::Counter(counter) => counter.desc(),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "Prometheus knows doubles only; counts are exact up to 2^53"
    )]
    fn collect(&self) -> Vec<MetricFamily> {
        let _alone = self
            .one_at_a_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let value = (self.read)() as f64;
        match &self.shown {
            Shown::Gauge(gauge) => {
                gauge.set(value);
                gauge.collect()
            }
            Shown::Counter(counter) => {
                counter.reset();
                counter.inc_by(value);
                counter.collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use prometheus::TextEncoder;

    use super::*;

    #[test]
    fn a_sample_is_read_at_every_scrape() {
        let number = Arc::new(AtomicU64::new(3));
        let read = |number: &Arc<AtomicU64>| {
            let number = number.clone();
            move || number.load(Ordering::Relaxed)
        };
        let registry = Registry::new();
        let samples = vec![
            Sample::gauge("depth", "How deep.", read(&number)),
            Sample::counter("refused_total", "How many.", read(&number)),
        ];
        register(&registry, samples).unwrap();
        let scrape = || {
            TextEncoder::new()
                .encode_to_string(&registry.gather())
                .unwrap()
        };
        assert!(scrape().contains("depth 3\n"));
        number.store(2, Ordering::Relaxed);
        let text = scrape();
        assert!(text.contains("# TYPE depth gauge\ndepth 2\n"), "{text}");
        assert!(
            text.contains("# TYPE refused_total counter\nrefused_total 2\n"),
            "{text}"
        );
    }
}
