"""The words that generated catalogs are made of. Brands are invented; produce codes are those on real stickers."""

from typing import NamedTuple


class Aisle(NamedTuple):
    """One subcategory: its products, and what is the same for all of them. Prices are in cents, lowest and highest."""

    category: str
    subcategory: str
    tax_code: str
    cheapest: int
    dearest: int
    products: tuple[str, ...]
    variants: tuple[str, ...]
    sizes: tuple[str, ...]


BRANDS = (
    "Northfield", "Alder & Oak", "Casa Verde", "Blue Heron", "Millstone", "Sunday Table", "Harbor Lane",
    "Prairie Gold", "Little Fern", "Old Quarry", "Two Rivers", "Maplewood", "Copper Kettle", "Bright Day",
    "Sierra Farm", "Daily Basics", "Stonebridge", "La Cosecha", "Green Acre", "Windmill", "Cloverdale", "Tidewater",
    "Peak & Pine", "Golden Hour",
)  # fmt: skip

AISLES = (
    Aisle(
        "Dairy",
        "Milk",
        "A_FOOD_GEN",
        149,
        699,
        ("Whole Milk", "2% Milk", "Skim Milk", "Oat Drink", "Almond Drink"),
        ("", "Organic", "Lactose Free", "Vanilla"),
        ("1 pt", "1 qt", "0.5 gal", "1 gal"),
    ),
    Aisle(
        "Dairy",
        "Yogurt",
        "A_FOOD_GEN",
        89,
        599,
        ("Greek Yogurt", "Skyr", "Kefir", "Low-Fat Yogurt"),
        ("Plain", "Strawberry", "Blueberry", "Peach", "Honey", "Lemon"),
        ("5.3 oz", "6 oz", "24 oz", "32 oz"),
    ),
    Aisle(
        "Bakery",
        "Bread",
        "A_FOOD_GEN",
        199,
        649,
        ("Sandwich Bread", "Sourdough", "Bagels", "Tortillas", "Dinner Rolls"),
        ("White", "Whole Wheat", "Multigrain", "Rye", "Gluten Free"),
        ("10 oz", "16 oz", "20 oz", "24 oz"),
    ),
    Aisle(
        "Pantry",
        "Pasta and Sauce",
        "A_FOOD_GEN",
        99,
        899,
        ("Spaghetti", "Penne", "Marinara Sauce", "Pesto", "Fusilli"),
        ("", "Whole Grain", "Garlic", "Tomato Basil", "Spicy"),
        ("8 oz", "12 oz", "16 oz", "24 oz"),
    ),
    Aisle(
        "Pantry",
        "Snacks",
        "A_FOOD_SNACK",
        129,
        699,
        ("Tortilla Chips", "Potato Chips", "Pretzels", "Trail Mix", "Crackers"),
        ("Sea Salt", "Jalape\u00f1o", "Sour Cream & Onion", "Barbecue", "Unsalted"),
        ("1.5 oz", "7 oz", "11 oz", "16 oz"),
    ),
    Aisle(
        "Beverages",
        "Soft Drinks",
        "A_FOOD_SODA",
        99,
        899,
        ("Cola", "Ginger Ale", "Sparkling Water", "Lemonade", "Iced Tea"),
        ("", "Zero Sugar", "Lime", "Cherry", "Grapefruit"),
        ("12 fl oz", "20 fl oz", "1 L", "2 L", "12 x 12 fl oz"),
    ),
    Aisle(
        "Beverages",
        "Coffee",
        "A_FOOD_GEN",
        399,
        1999,
        ("Ground Coffee", "Whole Bean Coffee", "Cold Brew", "Espresso Pods"),
        ("Medium Roast", "Dark Roast", "Decaf", "Cr\u00e8me Br\u00fbl\u00e9e"),
        ("10 oz", "12 oz", "2 lb", "20 ct"),
    ),
    Aisle(
        "Frozen",
        "Meals",
        "A_FOOD_GEN",
        249,
        1299,
        ("Lasagna", "Vegetable Stir-Fry", "Margherita Pizza", "Burrito", "Pot Pie"),
        ("", "Family Size", "Vegan", "Chicken", "Four Cheese"),
        ("9 oz", "12 oz", "28 oz", "38 oz"),
    ),
    Aisle(
        "Household",
        "Cleaning",
        "A_GEN_TAX",
        199,
        2499,
        ("Dish Soap", "Laundry Detergent", "All-Purpose Cleaner", "Sponges"),
        ("Lavender", "Lemon", "Unscented", "Fresh Linen"),
        ("16 fl oz", "32 fl oz", "100 fl oz", "6 ct"),
    ),
    Aisle(
        "Personal Care",
        "Bath",
        "A_GEN_TAX",
        149,
        1799,
        ("Shampoo", "Body Wash", "Bar Soap", "Toothpaste", "Hand Lotion"),
        ("Coconut", "Mint", "Aloe", "Charcoal", "Fragrance Free"),
        ("3 oz", "8 fl oz", "12 fl oz", "4 ct"),
    ),
)

PRODUCE = (
    ("4011", "Banana"), ("4131", "Fuji Apple"), ("4225", "Avocado"), ("4664", "Tomato on the Vine"),
    ("4068", "Green Onions"), ("4053", "Lemon"), ("4048", "Lime"), ("4608", "Garlic"), ("4065", "Green Bell Pepper"),
    ("4093", "Yellow Onion"), ("94011", "Organic Banana"), ("94225", "Organic Avocado"),
)  # fmt: skip
