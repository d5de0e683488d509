//! Nothing is allocated in the training loop after the first batch, nor to predict one picture.
#![allow(unsafe_code)] // a global allocator that counts

use monolayer::Activation;
use monolayer::Isa;
use monolayer::data::Images;
use monolayer::train::{self, Config, Machine, Predictor, Products, Session};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// One test in this file: another one's allocations would be counted too.
#[test]
fn neither_the_loop_nor_one_prediction_allocates() {
    // The harness still allocates when it has started the test.
    std::thread::sleep(std::time::Duration::from_millis(100));
    let (count, features) = (330, 200);
    let pixels = (0..count * features).map(|i| if i % 3 == 0 { (i % 251) as u8 } else { 0 }).collect();
    let images = Images::new(features, pixels, (0..count).map(|n| (n % 7) as u8).collect());
    for activation in Activation::ALL {
        let config = Config { activation, hidden: 50, batch: 64, epochs: 4, ..Config::default() };
        for threads in [1, 2, 3] {
            for products in [Products::Dense, Products::ZeroSkipping] {
                let machine = Machine { isa: Isa::best(), threads, products };
                let mut session = Session::new(&images, 7, &config, machine).unwrap();
                // The count after the first batch and after the last.
                let (mut first, mut last) = (None, 0);
                let mut count = |_| {
                    last = ALLOCATIONS.load(SeqCst);
                    first.get_or_insert(last);
                };
                while let Some(report) = session.next_epoch(&mut count) {
                    report.unwrap();
                }
                assert_eq!(last - first.unwrap(), 0, "{activation:?} {machine:?}");
            }
        }
        let network = train::fit(&images, 7, &config, Machine::best()).unwrap().network;
        let mut predictor = Predictor::new(&network.params(), Machine::best()).unwrap();
        let before = ALLOCATIONS.load(SeqCst);
        for n in 0..count {
            predictor.predict(images.image(n)).unwrap();
            predictor.probabilities(images.image(n)).unwrap();
        }
        assert_eq!(ALLOCATIONS.load(SeqCst) - before, 0, "{activation:?}");
    }
}
