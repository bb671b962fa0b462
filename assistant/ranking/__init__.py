"""What the user likes: `belief` learns a weight vector from answers, `features` reads stories, `taste` judges them."""
